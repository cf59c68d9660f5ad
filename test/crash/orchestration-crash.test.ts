import { compose as composeMockLlm, defaultConfig as mockDefaults } from "@tokenhub/mock-llm";
import type { RunInput } from "@tokenhub/contracts";
import {
  freePort,
  mockUpstreams,
  startServiceProcess,
  startTestRedis,
  testApiKey,
  upstreamKey,
  type ServiceProcess,
} from "@tokenhub/testkit";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openEngineBench } from "../orchestration/engine-bench.ts";

const runCount = 40;
const upstreamLatencyMs = 250;
/** One of each kind is killed again and again, and started anew at once. */
const victims = ["orchestrator-worker", "provider-worker", "router-worker"] as const;
const killEveryMs = 700;

/** Workers of one kind of which one is killed now and then; another one of the kind stays. */
async function startPair(app: string, env: Record<string, string>) {
  const stays = await startServiceProcess(app, env);
  let dies: ServiceProcess = await startServiceProcess(app, env);
  return {
    async kill(): Promise<number> {
      await dies.kill();
      const killedAtMs = Date.now();
      dies = await startServiceProcess(app, env);
      return killedAtMs;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([stays.kill(), dies.kill()]);
    },
  };
}

describe("40 orchestrations while orchestrator, router and provider workers are killed again and again", () => {
  it(
    "all finish, no call is repeated after its end was stored, and every extra call was under way at a kill",
    { timeout: 90_000 },
    async () => {
      await using stack = new AsyncDisposableStack();
      const redis = stack.use(await startTestRedis());
      const mock = stack.use(await composeMockLlm({ ...mockDefaults, port: 0 }));
      for (const name of ["gpt", "second", "spare"])
        mock.plan(`up-${name}`, { latencyMs: upstreamLatencyMs, text: `The answer of ${name}.` });
      const directory = await mkdtemp(join(tmpdir(), "tokenhub-orchestration-crash-"));
      stack.defer(() => rm(directory, { recursive: true, force: true }));
      const configPath = join(directory, "config.json");
      await writeFile(configPath, JSON.stringify(ownServers(mock.url)));
      const env = {
        REDIS_URL: redis.url,
        TOKENHUB_DATA_DIR: directory,
        TOKENHUB_CONFIG: configPath,
        TOKENHUB_PORT: String(await freePort()),
        TOKENHUB_API_KEYS: testApiKey,
        UPSTREAM_KEY: upstreamKey,
        TOKENHUB_RECONCILE_INTERVAL_MS: "1000",
        TOKENHUB_RUN_REPAIR_MS: "5000",
      };
      // It publishes the catalogue.
      stack.use(await startServiceProcess("gateway", env));
      const pairs = await Promise.all(victims.map(async (app) => stack.use(await startPair(app, env))));
      const bench = stack.use(await openEngineBench(redis.url, "tokenhub"));

      const kills: { readonly app: string; readonly atMs: number }[] = [];
      let isOver = false;
      const killers = pairs.map(async (pair, index) => {
        while (!isOver) {
          await sleep(killEveryMs);
          if (!isOver) kills.push({ app: victims[index] ?? "", atMs: await pair.kill() });
        }
      });

      const inputs: RunInput[] = [];
      for (let number = 0; number < runCount; number += 1) {
        const mode = number % 2 === 0 ? "adversarial" : "vote";
        const settings = mode === "vote" ? { voters: 3 } : { rounds: 2 };
        inputs.push(await bench.begin({ mode, settings, question: `question ${number}` }));
        await sleep(60);
      }
      const answers = await Promise.all(inputs.map((input) => bench.answerOf(input, 60_000)));
      isOver = true;
      await Promise.all(killers);

      expect(answers.map(({ result }) => result.outcome)).toEqual(Array(runCount).fill("succeeded"));
      expect(kills.length).toBeGreaterThan(victims.length);

      // Every phase was answered by one of the calls that were made for it.
      const phases = answers.flatMap(({ body }) => body.tokenhub_run.phases);
      const endedAtMs = new Map(
        phases.map((phase) => [phase["request_id"], Number(phase["finished_at_ms"])]),
      );
      expect(phases.map(({ status }) => status)).toEqual(Array(phases.length).fill("succeeded"));
      expect(phases).toHaveLength((runCount / 2) * (5 + 4));
      const calls = mock.calls();
      const byRequest = Map.groupBy(calls, ({ requestId }) => requestId ?? "none");
      expect(new Set(byRequest.keys())).toEqual(new Set(endedAtMs.keys()));
      const repeatedAfterEnd = calls.filter(
        ({ requestId, startedAtMs }) => startedAtMs > (endedAtMs.get(requestId ?? "") ?? 0),
      );
      expect(repeatedAfterEnd).toEqual([]);
      const providerKills = kills.filter(({ app }) => app === "provider-worker");
      const extra = [...byRequest.values()].flatMap((group) => group.slice(0, -1));
      const unexplained = extra.filter(
        ({ startedAtMs }) =>
          !providerKills.some(
            ({ atMs }) => startedAtMs <= atMs && atMs <= startedAtMs + upstreamLatencyMs + 500,
          ),
      );
      expect(unexplained).toEqual([]);
      console.log(
        `orchestration crash test: ${kills.length} kills, ${calls.length} calls for ${phases.length} phases of ${runCount} runs, ${extra.length} of them under way at a kill`,
      );
    },
  );
});

/** Servers that are told the request id, with enough room that runs do not wait for each other. */
function ownServers(mockUrl: string): Record<string, unknown> {
  const { providers, models } = mockUpstreams(mockUrl) as Record<
    "providers" | "models",
    Record<string, unknown>[]
  >;
  const [provider] = providers;
  const [model] = models;
  return {
    providers: ["openai-up", "second", "spare"].map((name) => ({ ...provider, name })),
    models: [
      { ...model },
      { ...model, id: "second-test", provider: "second", name: "up-second", weight: 82 },
      { ...model, id: "spare-test", provider: "spare", name: "up-spare", weight: 70 },
    ],
  };
}
