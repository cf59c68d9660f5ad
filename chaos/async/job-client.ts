import { publicJobSchema } from "@tokenhub/contracts/api";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReadJob, Submission } from "./judge-jobs.ts";
import type { JobPlan } from "./plan-job.ts";
import { requestOfPlan, type PlannedRequest, type RequestSettings } from "./request-of-plan.ts";

/** What clients do with jobs; each asks whichever gateway is next, as a load balancer would have it. */
export interface JobClient {
  /** Submits a job as planned, again only where that cannot make a second one. @throws Error when it is refused for good. */
  submit(plan: JobPlan): Promise<Submission>;
  cancel(jobId: string): Promise<void>;
  /** The job, asked for until it has ended. Null: there is none. @throws Error when it has not ended in time. */
  untilEnded(jobId: string, withinMs: number): Promise<ReadJob | null>;
}

export interface JobClientOptions extends RequestSettings {
  readonly gatewayUrls: readonly string[];
  readonly apiKey: string;
}

const retryMs = 150;
/** A gateway that is stopped for longer is none that answers. */
const timeoutMs = 12_000;
const jobHeader = "x-tokenhub-job";

type Exchange =
  | { readonly kind: "answered"; readonly response: Response; readonly text: string }
  /** It never reached a gateway. */
  | { readonly kind: "away" }
  /** The connection broke, or no answer came. */
  | { readonly kind: "unheard" };

export function createJobClient(options: JobClientOptions): JobClient {
  let turn = 0;

  async function ask(path: string, init: RequestInit = {}): Promise<Exchange> {
    const base = options.gatewayUrls[turn++ % options.gatewayUrls.length] ?? "";
    const headers = {
      authorization: `Bearer ${options.apiKey}`,
      "content-type": "application/json",
      ...(init.headers as Record<string, string> | undefined),
    };
    try {
      const response = await fetch(base + path, {
        ...init,
        headers,
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { kind: "answered", response, text: await response.text() };
    } catch (error) {
      return { kind: isRefusal(error) ? "away" : "unheard" };
    }
  }

  async function submitOnce(
    plan: JobPlan,
    [path, init]: PlannedRequest,
  ): Promise<{ jobId: string | null; unheard: number }> {
    let unheard = 0;
    for (;;) {
      const exchange = await ask(path, init);
      if (exchange.kind === "unheard") {
        unheard += 1;
        if (!plan.hasKey) return { jobId: null, unheard };
      }
      if (exchange.kind === "answered") {
        const { response, text } = exchange;
        const jobId = acceptedIdOf(response, text);
        if (jobId !== null) return { jobId, unheard };
        const mayRetry = response.status >= 500 || response.status === 429 || response.status === 409;
        if (!mayRetry) throw new Error(`job ${plan.number} was refused: ${response.status} ${text}`);
      }
      await sleep(retryMs);
    }
  }

  return {
    async submit(plan) {
      const request = requestOfPlan(options, plan);
      const rounds = [await submitOnce(plan, request)];
      if (plan.isDoubled) rounds.push(await submitOnce(plan, request));
      return {
        number: plan.number,
        jobIds: [...new Set(rounds.flatMap(({ jobId }) => jobId ?? []))],
        // Whoever has a key has one job, however often it is sent.
        unheard: plan.hasKey ? 0 : rounds.reduce((sum, round) => sum + round.unheard, 0),
        isCancelled: plan.isCancelled,
      };
    },
    async cancel(jobId) {
      for (;;) {
        const exchange = await ask(`/v1/jobs/${jobId}/cancel`, { method: "POST", body: "{}" });
        if (exchange.kind === "answered" && exchange.response.status < 500) return;
        await sleep(retryMs);
      }
    },
    async untilEnded(jobId, withinMs) {
      const giveUpAtMs = performance.now() + withinMs;
      for (;;) {
        const exchange = await ask(`/v1/jobs/${jobId}?wait=5`);
        if (exchange.kind === "answered") {
          if (exchange.response.status === 404) return null;
          const read = readJobOf(exchange);
          if (read !== null) return read;
        } else await sleep(retryMs);
        if (performance.now() > giveUpAtMs) throw new Error(`${jobId} has not ended: ${describe(exchange)}`);
      }
    },
  };
}

/** Null: it was not accepted. */
function acceptedIdOf(response: Response, text: string): string | null {
  const named = response.headers.get(jobHeader);
  if (named !== null || response.status !== 202) return named;
  return publicJobSchema.parse(JSON.parse(text)).id;
}

/** Null: it has not ended, or a gateway had trouble. */
function readJobOf({ response, text }: Extract<Exchange, { kind: "answered" }>): ReadJob | null {
  if (!response.ok) return null;
  const { id, status, result } = publicJobSchema.parse(JSON.parse(text));
  return ["queued", "scheduled", "running"].includes(status) ? null : { id, status, result };
}

function describe(exchange: Exchange): string {
  return exchange.kind === "answered" ? `${exchange.response.status} ${exchange.text}` : exchange.kind;
}

function isRefusal(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : null;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}
