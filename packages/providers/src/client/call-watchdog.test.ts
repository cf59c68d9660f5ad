import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CallWatchdog } from "./call-watchdog.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function setup(totalTimeoutMs: number): { watchdog: CallWatchdog; expired: string[] } {
  const expired: string[] = [];
  return {
    watchdog: new CallWatchdog(totalTimeoutMs, { onExpired: (phase) => expired.push(phase) }),
    expired,
  };
}

describe("CallWatchdog", () => {
  test("fires when the phase is over and not before", () => {
    const { watchdog, expired } = setup(1_000);
    watchdog.enter("headers", { timeoutMs: 100, renewable: false });
    vi.advanceTimersByTime(99);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(["headers"]);
  });

  test("activity renews an idle phase but not the total", () => {
    const { watchdog, expired } = setup(1_000);
    watchdog.enter("idle", { timeoutMs: 100, renewable: true });
    for (let elapsedMs = 0; elapsedMs < 990; elapsedMs += 90) {
      watchdog.touch();
      vi.advanceTimersByTime(90);
    }
    expect(expired).toEqual([]);
    watchdog.touch();
    vi.advanceTimersByTime(10);
    expect(expired).toEqual(["total"]);
  });

  test("activity does not renew a phase with a fixed end", () => {
    const { watchdog, expired } = setup(1_000);
    watchdog.enter("first_event", { timeoutMs: 100, renewable: false });
    vi.advanceTimersByTime(90);
    watchdog.touch();
    vi.advanceTimersByTime(10);
    expect(expired).toEqual(["first_event"]);
  });

  test("a next phase that ends earlier than the last one fires in time", () => {
    const { watchdog, expired } = setup(10_000);
    watchdog.enter("headers", { timeoutMs: 5_000, renewable: false });
    watchdog.enter("idle", { timeoutMs: 100, renewable: true });
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["idle"]);
  });

  test("while suspended only the total counts", () => {
    const { watchdog, expired } = setup(1_000);
    watchdog.enter("idle", { timeoutMs: 100, renewable: true });
    watchdog.suspend();
    watchdog.touch();
    vi.advanceTimersByTime(999);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(["total"]);
  });

  test("a stopped one never fires and leaves no timer behind", () => {
    const { watchdog, expired } = setup(1_000);
    watchdog.enter("headers", { timeoutMs: 100, renewable: false });
    watchdog.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(5_000);
    expect(expired).toEqual([]);
  });
});
