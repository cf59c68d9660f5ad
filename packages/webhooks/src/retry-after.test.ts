import { expect, test } from "vitest";
import { readRetryAfterMs } from "./retry-after.ts";

const nowMs = Date.UTC(2026, 0, 1, 12);

test.each([
  ["0", 0],
  ["120", 120_000],
  [" 5 ", 5_000],
  ["Thu, 01 Jan 2026 12:01:00 GMT", 60_000],
  ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
  [["7", "9"], 7_000],
])("%j asks for %i ms", (value, delayMs) => {
  expect(readRetryAfterMs(value, nowMs)).toBe(delayMs);
});

test.each([undefined, "", "soon", "-5", "1.5", "99999999999999", "1 day", "0x10", [] as string[]])(
  "%j asks for nothing",
  (value) => {
    expect(readRetryAfterMs(value, nowMs)).toBeNull();
  },
);
