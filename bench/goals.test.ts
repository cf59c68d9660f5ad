import { describe, expect, test } from "vitest";
import { evaluateGoals, goals } from "./goals.ts";
import type { Spread, Summary } from "./measure/summarise.ts";
import type { TargetName } from "./options.ts";
import { goalScenarioIds } from "./scenarios.ts";

describe("evaluateGoals", () => {
  test("a p50 within the allowance over Portkey passes, one above it fails", () => {
    const portkey = summary("portkey", { p50Ms: spread(1) });
    const judge = (p50: number) => evaluateGoals([portkey, summary("tokenhub", { p50Ms: spread(p50) })])[0];
    expect(judge(2.5)).toMatchObject({
      isMet: true,
      measured: 2.5,
      reference: 1,
      difference: 1.5,
      ratio: 2.5,
    });
    expect(judge(2.51)).toMatchObject({ isMet: false });
  });

  test("more requests per second pass, fewer fail", () => {
    const scenario = "chat-c16-0ms";
    const portkey = summary("portkey", { scenario, requestsPerSecond: spread(800) });
    const judge = (rate: number) =>
      evaluateGoals([portkey, summary("tokenhub", { scenario, requestsPerSecond: spread(rate) })]).find(
        (outcome) => outcome.scenario === scenario,
      )?.isMet;
    expect([judge(801), judge(800), judge(799)]).toEqual([true, true, false]);
  });

  test("a good figure with a single wrong answer is a miss", () => {
    const outcomes = evaluateGoals([summary("portkey", {}), summary("tokenhub", { errors: 1 })]);
    expect(outcomes[0]?.isMet).toBe(false);
  });

  test("what was not measured is neither passed nor failed", () => {
    expect(evaluateGoals([summary("tokenhub", {})]).every(({ isMet }) => isMet === null)).toBe(true);
    expect(evaluateGoals([]).map(({ isMet }) => isMet)).toEqual(goals.map(() => null));
  });

  test("a quick run measures every goal's scenario", () => {
    expect([...new Set(goals.map(({ scenario }) => scenario))]).toEqual([...goalScenarioIds]);
  });
});

function summary(target: TargetName, changes: Partial<Summary>): Summary {
  return {
    scenario: "chat-c1-0ms",
    target,
    rounds: 3,
    requestsPerSecond: spread(1_000),
    p50Ms: spread(1),
    p90Ms: spread(2),
    p99Ms: spread(3),
    maxMs: spread(4),
    firstTokenP50Ms: null,
    firstTokenP99Ms: null,
    textEventsPerStream: null,
    cpuMsPerRequest: null,
    cpuMsPerRequestOf: {},
    peakRssMb: null,
    upstreamCallsPerRequest: spread(1),
    answers: 1_000,
    errors: 0,
    ...changes,
  };
}

function spread(value: number): Spread {
  return { median: value, min: value, max: value };
}
