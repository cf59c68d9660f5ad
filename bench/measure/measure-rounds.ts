import { loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { BenchOptions } from "../options.ts";
import { readProcessUsage } from "../processes/process-usage.ts";
import { scenarios, type Scenario } from "../scenarios.ts";
import type { Target } from "../targets/target.ts";
import type { Cell } from "./cell.ts";
import { measureCell, type Bench } from "./measure-cell.ts";

const warmUpLoadMs = 1_500;
const idleBeforeMs = 1_000;

export interface RoundsPlan {
  readonly targets: readonly Target[];
  readonly options: BenchOptions;
  readonly bench: Bench;
  readonly say: (line: string) => void;
}

export interface RoundsResult {
  readonly cells: readonly Cell[];
  /** Memory of each target before any load but a few requests, in MiB. */
  readonly idleRssMb: Readonly<Partial<Record<Target["name"], number>>>;
  /** One-minute load average of the machine at the start of each round. */
  readonly loadAverages: readonly number[];
}

/** A B C D, B C D A, ... for each scenario: what disturbs the machine for a while meets all targets, and nobody is always first. */
export async function measureRounds(plan: RoundsPlan): Promise<RoundsResult> {
  const { targets, options, bench, say } = plan;
  for (const target of targets) await checkAnswers(target, plan);
  await delay(idleBeforeMs, undefined, { signal: bench.signal });
  const idleRssMb = readIdleMemory(targets);
  for (const target of targets) await warmUp(target, plan);
  const cells: Cell[] = [];
  const loadAverages: number[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    loadAverages.push(loadavg()[0] ?? Number.NaN);
    for (const [index, scenario] of options.scenarios.entries()) {
      for (const target of rotate(targets, round + index)) {
        const { warmUpMs, measureMs } = options;
        const cell = await measureCell(target, { scenario, round, warmUpMs, measureMs, bench });
        cells.push(cell);
        say(progressLine(cell, options));
      }
    }
  }
  return { cells, idleRssMb, loadAverages };
}

/** @throws Error when a target does not give the right answer to one question of each kind. */
async function checkAnswers(target: Target, { bench }: RoundsPlan): Promise<void> {
  for (const scenario of warmUpScenarios()) {
    const { load } = await shortLoad(target, {
      scenario: { ...scenario, connections: 1 },
      bench,
      measureMs: 50,
    });
    if (load.errors > 0) {
      throw new Error(
        `${target.name} does not answer ${scenario.id} rightly: ${load.errorSamples.join("; ")}`,
      );
    }
  }
}

/** Compiles the hot paths of a target before anything counts. */
async function warmUp(target: Target, { bench, say }: RoundsPlan): Promise<void> {
  say(`warming up ${target.name}`);
  for (const scenario of warmUpScenarios())
    await shortLoad(target, { scenario, bench, measureMs: warmUpLoadMs });
}

function shortLoad(
  target: Target,
  {
    scenario,
    bench,
    measureMs,
  }: { readonly scenario: Scenario; readonly bench: Bench; readonly measureMs: number },
): Promise<Cell> {
  return measureCell(target, { scenario, round: 0, warmUpMs: 0, measureMs, bench });
}

function warmUpScenarios(): Scenario[] {
  return scenarios.filter(({ id }) => id === "chat-c16-0ms" || id === "stream-c16-0ms");
}

function readIdleMemory(targets: readonly Target[]): RoundsResult["idleRssMb"] {
  return Object.fromEntries(
    targets.flatMap(({ name, processes }) => {
      const usage = processes.length === 0 ? null : readProcessUsage(processes);
      return usage === null ? [] : [[name, usage.rssMb]];
    }),
  );
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const start = by % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

function progressLine(
  { round, scenario, target, load, cpuMsPerRequest }: Cell,
  { rounds }: BenchOptions,
): string {
  const { p50, p99 } = load.latencyMs;
  const firstToken = load.firstTokenMs === null ? "" : `  ttft p50 ${load.firstTokenMs.p50.toFixed(2)} ms`;
  const cpu = cpuMsPerRequest === null ? "" : `  cpu ${cpuMsPerRequest.toFixed(2)} ms/req`;
  const errors = load.errors === 0 ? "" : `  ERRORS ${load.errors}: ${load.errorSamples[0] ?? ""}`;
  return (
    `round ${round}/${rounds}  ${scenario.padEnd(15)} ${target.padEnd(11)}` +
    `${load.requestsPerSecond.toFixed(0).padStart(6)} rps  p50 ${p50.toFixed(2)}  p99 ${p99.toFixed(2)} ms` +
    firstToken +
    cpu +
    errors
  );
}
