// `npm run bench`: TokenHub beside Portkey, a bare proxy and no gateway at all. See bench/README.md.
import path from "node:path";
import { root, runEntry, type BenchSession } from "./bench-session.ts";
import { evaluateGoals } from "./goals.ts";
import { startLoadClient } from "./load/load-client.ts";
import { measureRounds, type RoundsResult } from "./measure/measure-rounds.ts";
import { measureRouting } from "./measure/measure-routing.ts";
import { measureStartUp, type ServiceStartUp } from "./measure/measure-start-up.ts";
import { summarise } from "./measure/summarise.ts";
import { parseOptions, usageText, UsageError, type BenchOptions } from "./options.ts";
import { describeMachine, readVersions } from "./report/machine.ts";
import { toMarkdown } from "./report/markdown.ts";
import type { Report } from "./report/report.ts";
import { writeReport } from "./report/write-report.ts";
import { startTarget } from "./targets/start-target.ts";
import type { Target } from "./targets/target.ts";
import { startUpstream, type Upstream } from "./targets/upstream.ts";

const options = readOptions();
if (options !== null) await runEntry((session) => runBench(session, options));

function readOptions(): BenchOptions | null {
  try {
    return parseOptions(process.argv.slice(2), { outFolder: path.join(root, "bench", "results") });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usageText}`);
    process.exitCode = 2;
    return null;
  }
}

async function runBench(session: BenchSession, chosen: BenchOptions): Promise<void> {
  const startedAt = new Date();
  const versions = await readVersions(session.root);
  const loaded = await measureLoad(session, chosen);
  const startUp = await measureStartUpIfWanted(session, chosen);
  const summaries = summarise(loaded.rounds.cells);
  const report: Report = {
    v: 1,
    startedAt: startedAt.toISOString(),
    durationS: Math.round((Date.now() - startedAt.getTime()) / 1_000),
    machine: describeMachine(session.makeFolder("disk")),
    versions,
    settings: {
      isQuick: chosen.isQuick,
      rounds: chosen.rounds,
      measureMs: chosen.measureMs,
      warmUpMs: chosen.warmUpMs,
    },
    targets: loaded.targets,
    remarks: [...loaded.remarks, ...startUp.remarks, ...upstreamRemarks(loaded.rounds)],
    goals: evaluateGoals(summaries),
    summaries,
    routing: chosen.extras.includes("routing") ? measureRouting() : null,
    startUp: startUp.services,
    ...loaded.rounds,
  };
  writeReport(report, { folder: chosen.outFolder });
  process.stdout.write(toMarkdown(report));
  session.say(`written to ${path.relative(process.cwd(), chosen.outFolder)}/latest.{json,md}`);
}

interface LoadOutcome extends Pick<Report, "targets" | "remarks"> {
  readonly rounds: RoundsResult;
}

async function measureLoad(session: BenchSession, chosen: BenchOptions): Promise<LoadOutcome> {
  if (chosen.scenarios.length === 0) {
    return { targets: [], remarks: [], rounds: { cells: [], idleRssMb: {}, loadAverages: [] } };
  }
  const { signal, say } = session;
  await using running = new AsyncDisposableStack();
  const upstream = running.use(
    await startUpstream({ ...session, workFolder: session.makeFolder("upstream") }),
  );
  const { targets, remarks } = await startTargets(session, { chosen, upstream, running });
  const load = running.use(startLoadClient({ signal }));
  say(`about ${estimateMinutes(chosen, { targets: targets.length })} minutes`);
  const rounds = await measureRounds({ targets, options: chosen, bench: { load, upstream, signal }, say });
  return { targets: targets.map(({ name, description }) => ({ name, description })), remarks, rounds };
}

interface Starting {
  readonly chosen: BenchOptions;
  readonly upstream: Upstream;
  readonly running: AsyncDisposableStack;
}

/** Starts the chosen targets; one that cannot be had becomes a remark. */
async function startTargets(session: BenchSession, { chosen, upstream, running }: Starting) {
  const targets: Target[] = [];
  const remarks: string[] = [];
  for (const name of chosen.targets) {
    session.say(`starting ${name}`);
    const started = await startTarget[name]({
      ...session,
      workFolder: session.makeFolder(name),
      upstreamUrl: upstream.url,
    });
    if (started.kind === "started") {
      targets.push(running.use(started.target));
    } else {
      remarks.push(`${name} was not measured: ${started.reason}`);
      session.say(`without ${name}: ${started.reason}`);
    }
  }
  return { targets, remarks };
}

interface StartUpOutcome {
  readonly services: readonly ServiceStartUp[] | null;
  readonly remarks: readonly string[];
}

async function measureStartUpIfWanted(session: BenchSession, chosen: BenchOptions): Promise<StartUpOutcome> {
  const isWanted = chosen.extras.includes("start-up") && chosen.targets.includes("tokenhub");
  if (!isWanted) return { services: null, remarks: [] };
  const services = await measureStartUp({
    ...session,
    workFolder: session.makeFolder("start-up"),
    upstreamUrl: "http://127.0.0.1:9",
  });
  return { services, remarks: [] };
}

/** A target that answers without asking the upstream, or asks twice, is not doing the same work. */
function upstreamRemarks({ cells }: RoundsResult): string[] {
  return cells
    .filter(({ upstreamCallsPerRequest }) => Math.abs(upstreamCallsPerRequest - 1) > 0.001)
    .map(
      ({ target, scenario, round, upstreamCallsPerRequest }) =>
        `${target} made ${upstreamCallsPerRequest.toFixed(3)} upstream calls per request in ${scenario}, round ${round}.`,
    );
}

function estimateMinutes(chosen: BenchOptions, { targets }: { readonly targets: number }): number {
  const cells = chosen.scenarios.length * chosen.rounds * targets;
  return Math.ceil((cells * (chosen.measureMs + chosen.warmUpMs + 500)) / 60_000);
}
