import { describe, expect, test } from "vitest";
import type { TargetName } from "../options.ts";
import type { Cell } from "./cell.ts";
import { spreadOf, summarise } from "./summarise.ts";

describe("spreadOf", () => {
  test("the median of an even number of values is the mean of the middle two", () => {
    expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
    expect(spreadOf([])).toBeNull();
  });
});

describe("summarise", () => {
  test("one disturbed round moves the highest value, not the median, and its errors are not lost", () => {
    const rounds = [cell({ p50: 1 }), cell({ p50: 90, errors: 2 }), cell({ p50: 1.2 })];
    expect(summarise(rounds)).toMatchObject([
      { rounds: 3, p50Ms: { median: 1.2, min: 1, max: 90 }, errors: 2, answers: 30 },
    ]);
  });

  test("the order of targets and scenarios does not depend on which was measured first", () => {
    const cells = [
      cell({ target: "tokenhub", scenario: "stream-c1-0ms" }),
      cell({ target: "tokenhub" }),
      cell({ target: "direct" }),
    ];
    expect(summarise(cells).map(({ scenario, target }) => `${scenario} ${target}`)).toEqual([
      "chat-c1-0ms direct",
      "chat-c1-0ms tokenhub",
      "stream-c1-0ms tokenhub",
    ]);
  });

  test("figures that a target has not (the processor time of no process) stay unknown", () => {
    expect(summarise([cell({ target: "direct" })])).toMatchObject([
      { cpuMsPerRequest: null, peakRssMb: null },
    ]);
  });
});

function cell({
  target = "portkey",
  scenario = "chat-c1-0ms",
  p50 = 1,
  errors = 0,
}: {
  readonly target?: TargetName;
  readonly scenario?: string;
  readonly p50?: number;
  readonly errors?: number;
}): Cell {
  return {
    target,
    scenario,
    round: 1,
    load: {
      answers: 10,
      errors,
      errorSamples: [],
      totalRequests: 12,
      requestsPerSecond: 10,
      latencyMs: { p50, p90: p50, p99: p50, max: p50, mean: p50 },
      firstTokenMs: null,
      textEventsPerStream: null,
      generatorCpuShare: 0.1,
    },
    cpuMsPerRequest: null,
    cpuMsPerRequestOf: null,
    peakRssMb: null,
    upstreamCallsPerRequest: 1,
    upstreamCpuShare: null,
  };
}
