import { describe, expect, it } from "vitest";
import { CallLog } from "./call-log.ts";
import type { MutableCall } from "./recorded-call.ts";

function beginCall(
  log: CallLog,
  { model = "m", bodyText = "" }: { model?: string; bodyText?: string } = {},
): MutableCall {
  const call: MutableCall = {
    index: log.nextIndex,
    id: "req_1",
    startedAtMs: 0,
    finishedAtMs: null,
    method: "POST",
    path: "/",
    query: {},
    model,
    headers: {},
    body: bodyText,
    bodyText,
    requestId: null,
    stream: false,
    outcome: null,
    status: null,
    completionTokensSent: 0,
  };
  log.begin(call);
  return call;
}

describe("the call log", () => {
  it("forgets the oldest calls beyond its size", () => {
    const log = new CallLog({ calls: 3, bodyBytes: 1_000 });
    for (let count = 0; count < 10; count += 1) beginCall(log);
    expect(log.all().map((call) => call.index)).toEqual([7, 8, 9]);
    expect(log.nextIndex).toBe(10);
  });

  it("drops the oldest bodies beyond the bytes it may keep, and keeps the calls", () => {
    const log = new CallLog({ calls: 100, bodyBytes: 10 });
    for (const bodyText of ["aaaa", "bbbb", "cccc", "dddddddddddd", "eeee"]) beginCall(log, { bodyText });
    expect(log.all().map((call) => call.bodyText)).toEqual([null, null, null, null, "eeee"]);
  });

  it("counts bodies only while it keeps them", () => {
    const log = new CallLog({ calls: 2, bodyBytes: 8 });
    for (let count = 0; count < 10; count += 1) beginCall(log, { bodyText: "aaaa" });
    expect(log.all().map((call) => call.bodyText)).toEqual(["aaaa", "aaaa"]);
    log.clear();
    beginCall(log, { bodyText: "bbbbbbbb" });
    expect(log.all().map((call) => call.bodyText)).toEqual(["bbbbbbbb"]);
  });

  it("keeps no call at all when told so, and still counts", () => {
    const log = new CallLog({ calls: 0, bodyBytes: 10 });
    const call = beginCall(log, { bodyText: "aaaa" });
    expect(log.all()).toEqual([]);
    expect(log.inFlight).toBe(1);
    log.finish(call, { outcome: "answered", nowMs: 1 });
    expect(log.inFlight).toBe(0);
    expect(log.counts.get("m")?.get("answered")).toBe(1);
  });

  it("counts a corrected outcome once", () => {
    const log = new CallLog({ calls: 10, bodyBytes: 10 });
    const call = beginCall(log);
    log.finish(call, { outcome: "answered", nowMs: 1 });
    log.finish(call, { outcome: "aborted_by_client", nowMs: 2 });
    expect(log.inFlight).toBe(0);
    expect(Object.fromEntries(log.counts.get("m") ?? [])).toEqual({ answered: 0, aborted_by_client: 1 });
  });

  it("wakes whoever waits for a call when it begins, hangs or ends", async () => {
    const log = new CallLog({ calls: 10, bodyBytes: 10 });
    const begun = log.waitFor((call) => call.model === "late", { timeoutMs: 1_000 });
    const hanging = log.waitFor((call) => call.outcome === "hanging", { timeoutMs: 1_000 });
    const ended = log.waitFor((call) => call.finishedAtMs === 7, { timeoutMs: 1_000 });
    beginCall(log, { model: "early" });
    const call = beginCall(log, { model: "late" });
    expect(await begun).toBe(call);
    log.hang(call);
    expect(await hanging).toBe(call);
    log.finish(call, { outcome: "reset", nowMs: 7 });
    expect(await ended).toBe(call);
    expect(await log.waitFor((each) => each.model === "early", { timeoutMs: 0 })).toMatchObject({ index: 0 });
  });
});
