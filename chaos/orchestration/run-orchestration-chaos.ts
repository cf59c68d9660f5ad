import { testApiKey } from "@tokenhub/testkit";
import { seededRandom } from "../../packages/routing/src/seeded-random.ts";
import { generationCalls } from "./generation-calls.ts";
import { judgeCalls, type Disruption } from "./judge-calls.ts";
import { killAtNamedPoints } from "./kill-at-named-points.ts";
import { makeTrouble } from "./make-trouble.ts";
import { describeVerdict } from "./report.ts";
import { createRunClients, type SeenRun } from "./run-clients.ts";
import { startSite } from "./start-site.ts";
import { startTroubledService } from "./troubled-service.ts";

export interface ChaosOptions {
  readonly runs: number;
  readonly seed: number;
  readonly killEveryMs: number;
  /** Only the named points whose name holds this text, without the random kills; empty: everything. */
  readonly points: string;
  readonly print: (line: string) => void;
}

const upstreamLatencyMs = 400;
const runDeadlineMs = 900_000;
const inFlightAtOnce = 60;

/** Runs the experiment. False when something was lost, repeated or left unexplained. */
export async function runOrchestrationChaos(options: ChaosOptions): Promise<boolean> {
  const { points: wanted, print } = options;
  const survived = wanted !== "" || (await surviveRandomKills(options));
  const points = await killAtNamedPoints({ wanted, print });
  return survived && points;
}

async function surviveRandomKills({ runs, seed, killEveryMs, print }: ChaosOptions): Promise<boolean> {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await startSite({ upstreamLatencyMs }));
  const disruptions: Disruption[] = [];
  const onDisruption = (disruption: Disruption): void => void disruptions.push(disruption);
  const start = async (app: string, number: number, env: Record<string, string> = {}) =>
    stack.use(
      await startTroubledService({
        app,
        name: `${app} ${number}`,
        env: { ...site.env, ...env },
        onDisruption,
      }),
    );
  const services = [];
  for (const [index, port] of site.gatewayPorts.entries())
    services.push(await start("gateway", index + 1, { TOKENHUB_PORT: String(port) }));
  for (const app of ["router-worker", "orchestrator-worker", "provider-worker"])
    for (const number of [1, 2]) services.push(await start(app, number));
  print(
    `${services.length} processes are up; ${runs} runs begin, a process dies about every ${killEveryMs} ms`,
  );

  const clients = createRunClients({
    gatewayUrls: site.gatewayPorts.map((port) => `http://127.0.0.1:${port}`),
    apiKey: testApiKey,
    deadlineMs: runDeadlineMs,
  });
  let isOver = false;
  const trouble = makeTrouble({
    services,
    redis: site.redis,
    everyMs: killEveryMs,
    random: seededRandom(seed),
    isOver: () => isOver,
    onDisruption,
  });

  const startedAtMs = performance.now();
  const acknowledged: SeenRun[] = [];
  let next = 0;
  const oneAfterTheOther = async (): Promise<void> => {
    while (next < runs) {
      const index = next++;
      const runId = await clients.begin(index % 2 === 0 ? "adversarial" : "vote", `question ${index}`);
      acknowledged.push(await clients.untilOver(runId, runDeadlineMs));
      if (acknowledged.length % 50 === 0) print(`${acknowledged.length} of ${runs} runs are over`);
    }
  };
  await Promise.all(Array.from({ length: inFlightAtOnce }, oneAfterTheOther));
  isOver = true;
  await trouble;
  const seconds = Math.round((performance.now() - startedAtMs) / 1_000);

  // A gateway that died in mid-answer may have begun runs that nobody heard of: theirs are calls, too.
  const known = new Set(acknowledged.map(({ id }) => id));
  const others = (await clients.listIds()).filter((id) => !known.has(id));
  const all = [...acknowledged];
  for (const id of others) all.push(await clients.untilOver(id, 120_000));

  const verdict = judgeCalls({
    seen: generationCalls(site.mock),
    reported: all.flatMap((run) =>
      run.phases.map((phase) => ({
        runId: run.id,
        callId: phase.id,
        requestId: phase.request_id,
        finishedAtMs: phase.finished_at_ms,
      })),
    ),
    disruptions,
  });
  print(
    `random kills: ${runs} runs acknowledged and over in ${seconds} s, ${others.length} more begun by gateways that died, ` +
      `${services.reduce((sum, service) => sum + service.kills, 0)} kills, ` +
      `${disruptions.filter(({ what }) => what.includes("paused")).length} pauses, ` +
      `${disruptions.filter(({ what }) => what.startsWith("Redis")).length} restarts of Redis`,
  );
  return describeVerdict({ verdict, runs: all, print });
}
