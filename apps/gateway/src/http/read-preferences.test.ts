import { describe, expect, it } from "vitest";
import { readPreferences } from "./read-preferences.ts";

describe("the Prefer header", () => {
  it.each([
    [undefined, false, null],
    ["respond-async", true, null],
    ["respond-async, wait=10", true, 10_000],
    ["wait=0", false, 0],
    ['Respond-Async; x="y", wait="3"', true, 3_000],
    ["return=minimal, handling=lenient", false, null],
    ["wait=1, wait=9", false, 1_000],
    ["", false, null],
  ])("%j asks for async %s and waits %s ms", (prefer, respondAsync, waitMs) => {
    expect(readPreferences(prefer === undefined ? {} : { prefer })).toEqual({ respondAsync, waitMs });
  });

  it.each(["wait=soon", "wait=-1", "wait=1.5", "wait=", "wait=9999999"])(
    "%j is refused by name",
    (prefer) => {
      expect(() => readPreferences({ prefer })).toThrow(/`wait` in the Prefer header/);
    },
  );
});
