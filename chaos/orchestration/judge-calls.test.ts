import { describe, expect, test } from "vitest";
import { judgeCalls, type Disruption, type ReportedCall, type SeenCall } from "./judge-calls.ts";

const call = (
  requestId: string,
  startedAtMs: number,
  finishedAtMs: number | null = startedAtMs + 100,
): SeenCall => ({
  requestId,
  startedAtMs,
  finishedAtMs,
});
const reported = (requestId: string, finishedAtMs: number | null): ReportedCall => ({
  runId: "run_1",
  callId: "plan.1",
  requestId,
  finishedAtMs,
});
const kill: Disruption = { what: "provider-worker 7 killed", fromMs: 5_050, untilMs: 5_050 };

describe("judgeCalls", () => {
  test("one call for each result is what was needed", () => {
    const verdict = judgeCalls({
      seen: [call("req_a", 0), call("req_b", 0)],
      reported: [reported("req_a", 110), reported("req_b", 120)],
      disruptions: [],
    });
    expect(verdict).toMatchObject({ calls: 2, needed: 2, extras: [], repeatsAfterCommit: [], strangers: [] });
  });

  test("an extra call is explained by the kill it was in flight at, and named", () => {
    const verdict = judgeCalls({
      seen: [call("req_a", 5_000, 5_050), call("req_a", 11_000)],
      reported: [reported("req_a", 11_110)],
      disruptions: [kill],
    });
    expect(verdict.extras).toEqual([
      { runId: "run_1", callId: "plan.1", requestId: "req_a", startedAtMs: 5_000, cause: kill.what },
    ]);
    expect(verdict.repeatsAfterCommit).toEqual([]);
  });

  test("an extra call without a disruption in its time has no cause", () => {
    const verdict = judgeCalls({
      seen: [call("req_a", 1_000), call("req_a", 11_000)],
      reported: [reported("req_a", 11_110)],
      disruptions: [kill],
    });
    expect(verdict.extras).toMatchObject([{ cause: null }]);
  });

  test("a call after the result was stored is a repeat", () => {
    const verdict = judgeCalls({
      seen: [call("req_a", 5_000), call("req_a", 9_000)],
      reported: [reported("req_a", 5_110)],
      disruptions: [kill],
    });
    expect(verdict.repeatsAfterCommit).toMatchObject([{ startedAtMs: 9_000 }]);
  });

  test("a call that no run knows of is a stranger", () => {
    const verdict = judgeCalls({ seen: [call("req_x", 0)], reported: [], disruptions: [] });
    expect(verdict.strangers).toEqual([call("req_x", 0)]);
  });
});
