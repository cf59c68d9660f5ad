import { targetNames, type TargetName } from "../options.ts";
import { scenarios } from "../scenarios.ts";
import type { Cell } from "./cell.ts";

/** A figure over all rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One target in one scenario over all rounds; latencies are milliseconds. */
export interface Summary {
  readonly scenario: string;
  readonly target: TargetName;
  readonly rounds: number;
  readonly requestsPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p90Ms: Spread;
  readonly p99Ms: Spread;
  readonly maxMs: Spread;
  readonly firstTokenP50Ms: Spread | null;
  readonly firstTokenP99Ms: Spread | null;
  readonly textEventsPerStream: Spread | null;
  readonly cpuMsPerRequest: Spread | null;
  /** Medians by process. */
  readonly cpuMsPerRequestOf: Readonly<Record<string, number>>;
  readonly peakRssMb: Spread | null;
  readonly upstreamCallsPerRequest: Spread;
  /** Right answers of all rounds. */
  readonly answers: number;
  /** Wrong, failed and missing answers of all rounds. */
  readonly errors: number;
}

/** One summary per scenario and target that has cells, in the order of the matrix. */
export function summarise(cells: readonly Cell[]): Summary[] {
  return scenarios.flatMap(({ id }) =>
    targetNames.flatMap((name) => {
      const group = cells.filter(({ scenario, target }) => scenario === id && target === name);
      return summaryOf(group) ?? [];
    }),
  );
}

/** Median (the mean of the middle two when even), lowest and highest; null for no values. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? max;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? min;
  return { median: (lower + upper) / 2, min, max };
}

function summaryOf(group: readonly Cell[]): Summary | null {
  const [first] = group;
  if (first === undefined) return null;
  return {
    scenario: first.scenario,
    target: first.target,
    rounds: group.length,
    requestsPerSecond: spread(group, ({ load }) => load.requestsPerSecond),
    p50Ms: spread(group, ({ load }) => load.latencyMs.p50),
    p90Ms: spread(group, ({ load }) => load.latencyMs.p90),
    p99Ms: spread(group, ({ load }) => load.latencyMs.p99),
    maxMs: spread(group, ({ load }) => load.latencyMs.max),
    firstTokenP50Ms: spreadOfKnown(group, ({ load }) => load.firstTokenMs?.p50 ?? null),
    firstTokenP99Ms: spreadOfKnown(group, ({ load }) => load.firstTokenMs?.p99 ?? null),
    textEventsPerStream: spreadOfKnown(group, ({ load }) => load.textEventsPerStream),
    cpuMsPerRequest: spreadOfKnown(group, ({ cpuMsPerRequest }) => cpuMsPerRequest),
    cpuMsPerRequestOf: mediansByProcess(group),
    peakRssMb: spreadOfKnown(group, ({ peakRssMb }) => peakRssMb),
    upstreamCallsPerRequest: spread(group, ({ upstreamCallsPerRequest }) => upstreamCallsPerRequest),
    answers: group.reduce((sum, { load }) => sum + load.answers, 0),
    errors: group.reduce((sum, { load }) => sum + load.errors, 0),
  };
}

function mediansByProcess(group: readonly Cell[]): Record<string, number> {
  const names = Object.keys(group[0]?.cpuMsPerRequestOf ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      spreadOfKnown(group, (cell) => cell.cpuMsPerRequestOf?.[name] ?? null)?.median ?? Number.NaN,
    ]),
  );
}

function spread(group: readonly Cell[], read: (cell: Cell) => number): Spread {
  return spreadOf(group.map(read)) ?? { median: Number.NaN, min: Number.NaN, max: Number.NaN };
}

function spreadOfKnown(group: readonly Cell[], read: (cell: Cell) => number | null): Spread | null {
  return spreadOf(group.flatMap((cell) => read(cell) ?? []));
}
