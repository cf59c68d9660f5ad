import { describe, expect, test } from "vitest";
import type { SeenCall } from "../orchestration/judge-calls.ts";
import { judgeJobCalls, type Trouble } from "./judge-job-calls.ts";

const call = (requestId: string, startedAtMs: number, lastedMs = 100): SeenCall => ({
  requestId,
  startedAtMs,
  finishedAtMs: startedAtMs + lastedMs,
});
const job = (id: string, finishedAtMs: number | null = 50_000) => ({
  id,
  state: "succeeded" as const,
  finishedAtMs,
});
const trouble = (costs: Trouble["costs"], atMs: number): Trouble => ({
  what: `trouble of ${atMs}`,
  fromMs: atMs,
  untilMs: atMs + 10,
  costs,
});
const judge = (seen: readonly SeenCall[], troubles: readonly Trouble[] = [], jobs = [job("job_aa")]) =>
  judgeJobCalls({ seen, jobs, troubles });

describe("judgeJobCalls", () => {
  test("one call for each job needs no explanation, whichever attempt it was of", () => {
    const verdict = judge(
      [call("req_aa", 1_000), call("req_bbr2", 1_000)],
      [],
      [job("job_aa"), job("job_bb")],
    );
    expect(verdict).toEqual({
      calls: 2,
      extras: [],
      repeatsAfterCommit: [],
      lateCalls: [],
      strangers: [],
      uncalled: [],
    });
  });

  test("an extra call is explained by the death of a caller that it was in flight at", () => {
    const seen = [call("req_aa", 1_000), call("req_aa", 9_000)];
    expect(judge(seen, [trouble("call", 1_050)]).extras).toMatchObject([{ cause: "trouble of 1050" }]);
  });

  test("a death long before or after it explains no call, nor does one that costs nothing", () => {
    const seen = [call("req_aa", 5_000), call("req_aa", 30_000)];
    for (const other of [trouble("call", 4_000), trouble("call", 20_000), trouble("nothing", 5_050)])
      expect(judge(seen, [other]).extras).toMatchObject([{ cause: null }]);
  });

  test("a loss of results explains calls whose job was not in the database yet, and no others", () => {
    const seen = [call("req_aa", 1_000), call("req_aa", 30_000)];
    expect(judge(seen, [trouble("result", 29_000)]).extras).toMatchObject([{ cause: "trouble of 29000" }]);
    const ended = [job("job_aa", 20_000)];
    expect(judge(seen, [trouble("result", 29_000)], ended).extras).toMatchObject([{ cause: null }]);
  });

  test("a call that began after its job had ended is a repeat, even if it is the only one", () => {
    const verdict = judge([call("req_aa", 60_000)]);
    expect(verdict.repeatsAfterCommit).toMatchObject([{ jobId: "job_aa", startedAtMs: 60_000 }]);
  });

  test("a second call in the moment in which a paused caller woke is its late one, and no repeat", () => {
    const pause = {
      ...trouble("call", 59_000),
      what: "provider-worker 1 paused for 9000 ms",
      untilMs: 59_990,
    };
    const verdict = judge([call("req_aa", 1_000), call("req_aa", 60_000)], [pause]);
    expect(verdict).toMatchObject({ repeatsAfterCommit: [], lateCalls: [{ cause: pause.what }] });
    const later = judge([call("req_aa", 1_000), call("req_aa", 61_000)], [pause]);
    expect(later).toMatchObject({ lateCalls: [], repeatsAfterCommit: [{ startedAtMs: 61_000 }] });
  });

  test("a call of no job, and a job that succeeded without a call, are named", () => {
    const verdict = judge([call("req_cc", 1_000)]);
    expect(verdict.strangers).toMatchObject([{ requestId: "req_cc" }]);
    expect(verdict.uncalled).toEqual(["job_aa"]);
  });
});
