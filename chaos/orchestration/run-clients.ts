import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const reportSchema = z.object({
  id: z.string(),
  mode: z.string(),
  status: z.enum(["running", "succeeded", "failed", "cancelled"]),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  phases: z.array(
    z.object({
      id: z.string(),
      status: z.enum(["running", "succeeded", "failed"]),
      request_id: z.string(),
      finished_at_ms: z.number().nullable(),
    }),
  ),
});
export type SeenRun = z.infer<typeof reportSchema>;

export interface RunClients {
  /** Begins a run and gives its id; goes on asking until a gateway has taken it. */
  begin(mode: "adversarial" | "vote", question: string): Promise<string>;
  /** Waits until the run is over. @throws Error when it is not in time. */
  untilOver(runId: string, withinMs: number): Promise<SeenRun>;
  /** Ids of every run there is, also of those whose acceptance nobody heard of. */
  listIds(): Promise<string[]>;
}

const retryMs = 150;
const requestTimeoutMs = 5_000;

/** Clients that take whichever gateway lives, as a load balancer would have them do. */
export function createRunClients(options: {
  readonly gatewayUrls: readonly string[];
  readonly apiKey: string;
  readonly deadlineMs: number;
}): RunClients {
  const headers = { authorization: `Bearer ${options.apiKey}`, "content-type": "application/json" };
  let turn = 0;

  async function ask(path: string, body?: unknown): Promise<Response | null> {
    const base = options.gatewayUrls[turn++ % options.gatewayUrls.length] ?? "";
    return fetch(base + path, {
      headers,
      signal: AbortSignal.timeout(requestTimeoutMs),
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    }).catch(() => null);
  }

  async function read(path: string): Promise<unknown> {
    for (;;) {
      const response = await ask(path);
      const json: unknown = response?.ok === true ? await response.json().catch(() => null) : null;
      if (json !== null) return json;
      await sleep(retryMs);
    }
  }

  return {
    async begin(mode, question) {
      for (;;) {
        const response = await ask("/v1/orchestrations", {
          mode,
          messages: [{ role: "user", content: question }],
          background: true,
          deadline_ms: options.deadlineMs,
        });
        if (response?.status === 202) return reportSchema.parse(await response.json()).id;
        if (response !== null && response.status < 500 && response.status !== 429)
          throw new Error(`a run was refused: ${response.status} ${await response.text()}`);
        await sleep(retryMs);
      }
    },
    async untilOver(runId, withinMs) {
      const giveUpAtMs = Date.now() + withinMs;
      for (;;) {
        const run = reportSchema.parse(await read(`/v1/orchestrations/${runId}`));
        if (run.status !== "running") return run;
        if (Date.now() > giveUpAtMs) throw new Error(`${runId} is not over: ${JSON.stringify(run)}`);
        await sleep(retryMs);
      }
    },
    async listIds() {
      const ids: string[] = [];
      const pageSchema = z.object({ data: z.array(z.object({ id: z.string() })), has_more: z.boolean() });
      for (let after = ""; ;) {
        const page = pageSchema.parse(await read(`/v1/orchestrations?limit=100${after}`));
        ids.push(...page.data.map(({ id }) => id));
        const last = page.data.at(-1);
        if (!page.has_more || last === undefined) return ids;
        after = `&after=${last.id}`;
      }
    },
  };
}
