import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRetryAfter } from "./parse-retry-after.ts";

const nowMs = Date.parse("2026-08-01T12:00:00Z");

describe("S1-60, S1d-11: the wait a provider asks for", () => {
  test.each<[string, Record<string, string>, number | null]>([
    ["nothing", {}, null],
    ["seconds", { "retry-after": "7" }, 7_000],
    ["fractions of a second", { "retry-after": "1.5" }, 1_500],
    ["no wait at all", { "retry-after": "0" }, 0],
    ["milliseconds", { "retry-after-ms": "450" }, 450],
    ["milliseconds before seconds", { "retry-after-ms": "450", "retry-after": "7" }, 450],
    ["seconds when the milliseconds are garbage", { "retry-after-ms": "soon", "retry-after": "7" }, 7_000],
    ["a date", { "retry-after": "Sat, 01 Aug 2026 12:00:30 GMT" }, 30_000],
    ["a date that has passed", { "retry-after": "Sat, 01 Aug 2026 11:00:00 GMT" }, 0],
    ["more than ten minutes", { "retry-after": "86400" }, 600_000],
    ["a date next year", { "retry-after": "Sun, 01 Aug 2027 12:00:00 GMT" }, 600_000],
    ["any letter case", { "Retry-After": "7" }, 7_000],
    ["surrounding blanks", { "retry-after": " 7 " }, 7_000],
    ["a negative number", { "retry-after": "-5" }, null],
    ["an exponent", { "retry-after": "1e3" }, null],
    ["not a number", { "retry-after": "NaN" }, null],
    ["an empty value", { "retry-after": "" }, null],
    ["a reset of minutes and milliseconds", { "x-ratelimit-reset-requests": "5m20ms" }, 300_020],
    [
      "the longer of two resets, the other way round",
      { "x-ratelimit-reset-requests": "4s", "x-ratelimit-reset-tokens": "1s" },
      4_000,
    ],
    ["a reset of requests", { "x-ratelimit-reset-requests": "6m0s" }, 360_000],
    ["a reset of tokens", { "x-ratelimit-reset-tokens": "1s" }, 1_000],
    ["a reset within milliseconds", { "x-ratelimit-reset-tokens": "20ms" }, 20],
    ["a reset in fractions", { "x-ratelimit-reset-tokens": "7.66s" }, 7_660],
    ["a reset in hours and minutes", { "x-ratelimit-reset-requests": "1h2m" }, 600_000],
    ["a reset of minutes and fractions", { "x-ratelimit-reset-requests": "2m59.56s" }, 179_560],
    [
      "the longer of two resets",
      { "x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "4s" },
      4_000,
    ],
    ["Retry-After before a reset", { "retry-after": "3", "x-ratelimit-reset-tokens": "6m0s" }, 3_000],
    [
      "a reset of what is used up",
      { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2s" },
      2_000,
    ],
    [
      "no reset of what is left",
      { "x-ratelimit-remaining-tokens": "900", "x-ratelimit-reset-tokens": "2s" },
      null,
    ],
    [
      "only the reset of what is used up",
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-tokens": "900",
        "x-ratelimit-reset-tokens": "6m0s",
      },
      1_000,
    ],
    ["a reset without a unit", { "x-ratelimit-reset-requests": "1785585600" }, null],
    ["a reset that is garbage", { "x-ratelimit-reset-requests": "m", "x-ratelimit-reset-tokens": "" }, null],
  ])("%s", (_title, headers, expected) => {
    expect(parseRetryAfter(headers, nowMs)).toBe(expected);
    expect(parseRetryAfter(new Headers(headers), nowMs)).toBe(expected);
  });

  test("the first of several values counts", () => {
    expect(parseRetryAfter({ "retry-after": ["2", "9"], "retry-after-ms": undefined }, nowMs)).toBe(2_000);
  });
});

test("any headers give null or a wait of 0 to 10 minutes", () => {
  const value = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.integer().map(String),
    fc.date().map(String),
  );
  const names = fc.constantFrom(
    "retry-after",
    "retry-after-ms",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-remaining-tokens",
    "get",
  );
  fc.assert(
    fc.property(fc.dictionary(names, value), (headers) => {
      const waitMs = parseRetryAfter(headers, nowMs) ?? 0;
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(600_000);
    }),
    { numRuns: 1_000 },
  );
});
