import type { Summary } from "./measure/summarise.ts";
import type { TargetName } from "./options.ts";

/** What TokenHub promises itself, measured against the others in the same run. */
export interface Goal {
  readonly scenario: string;
  /** E.g. `p50 <= Portkey + 1.5 ms`. */
  readonly text: string;
  readonly against: TargetName;
  readonly figure: (summary: Summary) => number | null;
  readonly isMet: (measured: number, reference: number) => boolean;
  readonly unit: "ms" | "requests/s";
}

export interface GoalOutcome {
  readonly scenario: string;
  readonly text: string;
  readonly unit: Goal["unit"];
  /** Median of TokenHub; null when it was not measured. */
  readonly measured: number | null;
  /** Median of what it is held against. */
  readonly reference: number | null;
  /** measured - reference. */
  readonly difference: number | null;
  /** measured / reference. */
  readonly ratio: number | null;
  /** Null when one of the two was not measured. A wrong or failed answer of TokenHub in the scenario is a miss. */
  readonly isMet: boolean | null;
}

const p50 = ({ p50Ms }: Summary): number => p50Ms.median;
const p99 = ({ p99Ms }: Summary): number => p99Ms.median;
const rate = ({ requestsPerSecond }: Summary): number => requestsPerSecond.median;
const firstToken = ({ firstTokenP50Ms }: Summary): number | null => firstTokenP50Ms?.median ?? null;
const atMost =
  (allowance: number) =>
  (measured: number, reference: number): boolean =>
    measured <= reference + allowance;
const atLeast = (measured: number, reference: number): boolean => measured >= reference;

export const goals: readonly Goal[] = [
  {
    scenario: "chat-c1-0ms",
    text: "p50 <= Portkey + 1.5 ms",
    against: "portkey",
    figure: p50,
    isMet: atMost(1.5),
    unit: "ms",
  },
  {
    scenario: "chat-c1-0ms",
    text: "p99 <= Portkey",
    against: "portkey",
    figure: p99,
    isMet: atMost(0),
    unit: "ms",
  },
  {
    scenario: "chat-c16-0ms",
    text: "requests/s >= Portkey",
    against: "portkey",
    figure: rate,
    isMet: atLeast,
    unit: "requests/s",
  },
  {
    scenario: "chat-c64-0ms",
    text: "requests/s >= Portkey",
    against: "portkey",
    figure: rate,
    isMet: atLeast,
    unit: "requests/s",
  },
  {
    scenario: "chat-c32-60ms",
    text: "p50 <= direct + 5 ms",
    against: "direct",
    figure: p50,
    isMet: atMost(5),
    unit: "ms",
  },
  {
    scenario: "chat-c32-60ms",
    text: "p99 <= direct + 15 ms",
    against: "direct",
    figure: p99,
    isMet: atMost(15),
    unit: "ms",
  },
  {
    scenario: "stream-c16-0ms",
    text: "first token p50 <= bare proxy + 4 ms",
    against: "bare-proxy",
    figure: firstToken,
    isMet: atMost(4),
    unit: "ms",
  },
];

/** Holds the medians of a run against the goals. */
export function evaluateGoals(summaries: readonly Summary[]): GoalOutcome[] {
  return goals.map((goal) => {
    const own = find(summaries, { scenario: goal.scenario, target: "tokenhub" });
    const other = find(summaries, { scenario: goal.scenario, target: goal.against });
    const measured = own === undefined ? null : finite(goal.figure(own));
    const reference = other === undefined ? null : finite(goal.figure(other));
    const isComparable = own !== undefined && other !== undefined && reference !== null;
    const isRight = own?.errors === 0 && measured !== null;
    return {
      scenario: goal.scenario,
      text: goal.text,
      unit: goal.unit,
      measured,
      reference,
      difference: measured === null || reference === null ? null : measured - reference,
      ratio: measured === null || reference === null ? null : measured / reference,
      isMet: isComparable ? isRight && goal.isMet(measured, reference) : null,
    };
  });
}

function find(
  summaries: readonly Summary[],
  { scenario, target }: { readonly scenario: string; readonly target: TargetName },
): Summary | undefined {
  return summaries.find((summary) => summary.scenario === scenario && summary.target === target);
}

/** A scenario without a single right answer has no latency. */
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
