import { compose as composeMockLlm, defaultConfig as mockDefaults } from "@tokenhub/mock-llm";
import {
  freePort,
  mockUpstreams,
  startServiceProcess,
  startTestRedis,
  testApiKey,
  until,
  upstreamKey,
  type ServiceProcess,
} from "@tokenhub/testkit";
import Database from "better-sqlite3";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { describe, expect, it } from "vitest";

const requestCount = 500;
const upstreamLatencyMs = 1_000;
const killEveryMs = 1_200;
const takenUpWithinMs = 15_000;

/** A worker that is killed without warning, again and again, and started anew each time. */
async function keepKilling(start: () => Promise<ServiceProcess>, isOver: () => boolean): Promise<number> {
  let kills = 0;
  for (;;) {
    await using worker = await start();
    await sleep(killEveryMs);
    if (isOver()) return kills;
    await worker.kill();
    kills += 1;
  }
}

describe("500 sync requests while router and provider workers are killed again and again", () => {
  it(
    "S3-66, S3-70: are all answered, are taken up again within 15 s, and no call is repeated after its result was committed",
    { timeout: 150_000 },
    async () => {
      await using redis = await startTestRedis();
      await using mock = await composeMockLlm({ ...mockDefaults, port: 0 });
      mock.plan("up-gpt", { latencyMs: upstreamLatencyMs });
      const directory = await mkdtemp(join(tmpdir(), "tokenhub-crash-"));
      await using _cleanup = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
      const configPath = join(directory, "config.json");
      await writeFile(configPath, JSON.stringify(mockUpstreams(mock.url)));
      const port = await freePort();
      const env = {
        REDIS_URL: redis.url,
        TOKENHUB_DATA_DIR: directory,
        TOKENHUB_CONFIG: configPath,
        TOKENHUB_PORT: String(port),
        TOKENHUB_API_KEYS: testApiKey,
        UPSTREAM_KEY: upstreamKey,
      };
      await using _gateway = await startServiceProcess("gateway", env);
      // One worker of each kind survives, as in any deployment that replaces the dead ones.
      await using _router = await startServiceProcess("router-worker", env);
      await using _provider = await startServiceProcess("provider-worker", env);

      let isOver = false;
      const killers = [
        keepKilling(
          () => startServiceProcess("router-worker", env),
          () => isOver,
        ),
        keepKilling(
          () => startServiceProcess("provider-worker", env),
          () => isOver,
        ),
      ];

      await using agent = {
        pool: new Agent({ connections: requestCount }),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
      const answers: { status: number; requestId: string; text: string }[] = [];
      async function send(index: number): Promise<void> {
        const response = await request(`http://127.0.0.1:${port}/v1/chat/completions`, {
          method: "POST",
          dispatcher: agent.pool,
          headersTimeout: 120_000,
          headers: { "content-type": "application/json", authorization: `Bearer ${testApiKey}` },
          body: JSON.stringify({
            model: "gpt-test",
            messages: [{ role: "user", content: `question ${index}` }],
          }),
        });
        const requestId = String(response.headers["x-request-id"]);
        answers.push({ status: response.statusCode, requestId, text: await response.body.text() });
      }
      await Promise.all(Array.from({ length: requestCount }, (_, index) => send(index)));
      isOver = true;
      const kills = (await Promise.all(killers)).reduce((sum, count) => sum + count, 0);
      await agent.pool.close();

      expect(answers.filter((answer) => answer.status !== 200)).toEqual([]);
      expect(answers).toHaveLength(requestCount);
      expect(kills).toBeGreaterThan(5);

      const calls = mock.calls();
      const byRequest = Map.groupBy(calls, (call) => call.requestId ?? "none");
      expect(byRequest.size).toBe(requestCount);
      const database = new Database(join(directory, "tokenhub.db"), { readonly: true });
      await until(
        "all requests to be recorded",
        () =>
          (database.prepare("select count(*) as n from request_log").get() as { n: number }).n ===
          requestCount,
      );
      const finishedAt = new Map(
        (
          database.prepare("select request_id, finished_at_ms from request_log").all() as {
            request_id: string;
            finished_at_ms: number;
          }[]
        ).map((row) => [row.request_id, row.finished_at_ms]),
      );
      const incidentRows = () =>
        database
          .prepare("select request_id, occurred_at_ms from call_incidents where kind = 'ambiguous'")
          .all() as { request_id: string; occurred_at_ms: number }[];
      // Every call beyond the first of a request was in flight at a kill, and is on record as possibly billed.
      await until(
        "every repeated call to be on record",
        () => incidentRows().length >= calls.length - requestCount,
      );
      const takenUpAt = Map.groupBy(incidentRows(), (row) => row.request_id);
      database.close();

      const repeatedAfterCommit = calls.filter(
        (call) => call.startedAtMs > (finishedAt.get(call.requestId ?? "") ?? 0),
      );
      expect(repeatedAfterCommit).toEqual([]);
      // A call that was cut off is taken up when the next worker claims it; that worker may be killed before it calls.
      const pauses = [...byRequest.values()].flatMap((group) =>
        group.slice(0, -1).map((call) => {
          const cutOffAtMs = call.finishedAtMs ?? call.startedAtMs;
          const claims = (takenUpAt.get(call.requestId ?? "") ?? []).map((row) => row.occurred_at_ms);
          return Math.min(...claims.filter((claimedAtMs) => claimedAtMs >= call.startedAtMs)) - cutOffAtMs;
        }),
      );
      expect(Math.max(0, ...pauses)).toBeLessThan(takenUpWithinMs);
      console.log(
        `crash test: ${kills} kills, ${calls.length} calls for ${requestCount} requests, longest pause ${Math.max(0, ...pauses)} ms`,
      );
    },
  );
});
