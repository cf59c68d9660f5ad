import { startServiceProcess, testApiKey, until, type ServiceProcess } from "@tokenhub/testkit";
import { startCommandTrap } from "./command-trap.ts";
import { generationCalls } from "./generation-calls.ts";
import { judgeCalls, type Disruption } from "./judge-calls.ts";
import { killPoints, type KillPoint } from "./kill-points.ts";
import { createRunClients } from "./run-clients.ts";
import { startSite, type Site } from "./start-site.ts";

const upstreamLatencyMs = 200;
const runDeadlineMs = 120_000;

/**
 * For every named point: a run of each kind begins, the process dies exactly there, another takes its place. False when a run
 * is lost, or costs more than the point may cost.
 */
export async function killAtNamedPoints({
  wanted,
  print,
}: {
  /** Only points whose name holds this text. */
  readonly wanted: string;
  readonly print: (line: string) => void;
}): Promise<boolean> {
  let isClean = true;
  for (const point of killPoints.filter(({ name }) => name.includes(wanted))) {
    const outcome = await killAt(point);
    const isGood =
      outcome.failures.length === 0 && outcome.repeats === 0 && outcome.extras <= point.extraCallsAllowed;
    isClean &&= isGood;
    print(
      `${isGood ? "ok  " : "BAD "} ${point.name}: ${outcome.runs} runs, ${outcome.failures.length} unfinished, ` +
        `${outcome.extras} extra calls, ${outcome.repeats} repeats after commit, over ${outcome.recoveredMs} ms after the kill`,
    );
    for (const failure of outcome.failures) print(`     ${failure}`);
  }
  return isClean;
}

interface PointOutcome {
  readonly runs: number;
  /** What is to be said of runs that did not succeed. */
  readonly failures: readonly string[];
  readonly extras: number;
  readonly repeats: number;
  readonly recoveredMs: number;
}

async function killAt(point: KillPoint): Promise<PointOutcome> {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await startSite({ upstreamLatencyMs }));
  const trap = stack.use(
    await startCommandTrap({
      redisPort: site.redis.port,
      command: point.command,
      when: point.when === "in-call" ? "before" : point.when,
    }),
  );
  const start = async (app: string, env: Record<string, string> = {}): Promise<ServiceProcess> =>
    stack.use(await startServiceProcess(app, { ...site.env, ...portOf(site, app), ...env }));
  const apps = ["gateway", "router-worker", "provider-worker", "orchestrator-worker"];
  const processes = new Map<string, ServiceProcess>();
  for (const app of apps)
    processes.set(
      app,
      await start(app, app === point.app ? { REDIS_URL: `redis://127.0.0.1:${trap.port}` } : {}),
    );
  const clients = createRunClients({
    gatewayUrls: [`http://127.0.0.1:${site.gatewayPorts[0]}`],
    apiKey: testApiKey,
    deadlineMs: runDeadlineMs,
  });
  // Brings the scripts to Redis, so that the trap meets the command itself and not a first attempt.
  await clients.untilOver(await clients.begin("adversarial", "warm up"), runDeadlineMs);
  const callsBefore = site.mock.calls().length;

  if (point.when !== "in-call") trap.arm();
  const beginning = Promise.all([clients.begin("adversarial", "one"), clients.begin("vote", "two")]);
  await (point.when === "in-call"
    ? until("a call to be under way", () =>
        site.mock.calls().some(({ finishedAtMs }) => finishedAtMs === null),
      )
    : trap.sprung);
  const fromMs = Date.now();
  await processes.get(point.app)?.kill();
  const kill: Disruption = { what: point.name, fromMs, untilMs: Date.now() };
  await start(point.app);

  await beginning;
  const ids = await untilListed(() => clients.listIds());
  const runs = await Promise.all(ids.map((id) => clients.untilOver(id, runDeadlineMs)));
  const verdict = judgeCalls({
    seen: generationCalls(site.mock, callsBefore),
    reported: runs.flatMap((run) =>
      run.phases.map((phase) => ({
        runId: run.id,
        callId: phase.id,
        requestId: phase.request_id,
        finishedAtMs: phase.finished_at_ms,
      })),
    ),
    disruptions: [kill],
  });
  return {
    runs: runs.length,
    failures: runs
      .filter(({ status }) => status !== "succeeded")
      .map(
        ({ id, mode, error, phases }) =>
          `${id} (${mode}): ${JSON.stringify(error)} ${JSON.stringify(phases.map((phase) => [phase.id, phase.status]))}`,
      ),
    extras: verdict.extras.length,
    repeats: verdict.repeatsAfterCommit.length,
    recoveredMs: Date.now() - fromMs,
  };
}

function portOf(site: Site, app: string): Record<string, string> {
  return app === "gateway" ? { TOKENHUB_PORT: String(site.gatewayPorts[0]) } : {};
}

/** The books hear of a run a moment after it began; the warm-up and two more are there at least. */
async function untilListed(listIds: () => Promise<string[]>): Promise<string[]> {
  let ids: string[] = [];
  await until("the runs to be in the books", async () => (ids = await listIds()).length >= 3, 30_000);
  return ids;
}
