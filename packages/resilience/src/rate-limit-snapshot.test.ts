import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIsoTime } from "./iso-time.ts";
import { parseRateLimitSnapshot, type RateLimitSnapshot } from "./rate-limit-snapshot.ts";

const nowMs = Date.parse("2026-08-01T12:00:00Z");

const nothing: RateLimitSnapshot = {
  limitRequests: null,
  remainingRequests: null,
  requestsResetAtMs: null,
  limitTokens: null,
  remainingTokens: null,
  tokensResetAtMs: null,
  resetAtMs: null,
};

describe("rate-limit headers", () => {
  test("an answer without any says nothing", () => {
    expect(parseRateLimitSnapshot({ "content-type": "text/plain" }, nowMs)).toBeNull();
    expect(parseRateLimitSnapshot({ "x-ratelimit-remaining-requests": "many" }, nowMs)).toBeNull();
  });

  test("S1-60: the OpenAI family tells limit, rest and reset of requests and tokens", () => {
    const headers = {
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "59",
      "x-ratelimit-reset-requests": "1s",
      "X-RateLimit-Limit-Tokens": "150000",
      "x-ratelimit-remaining-tokens": "149984",
      "x-ratelimit-reset-tokens": "6m0s",
    };
    const expected = {
      limitRequests: 60,
      remainingRequests: 59,
      requestsResetAtMs: nowMs + 1_000,
      limitTokens: 150_000,
      remainingTokens: 149_984,
      tokensResetAtMs: nowMs + 360_000,
      resetAtMs: null,
    };
    expect(parseRateLimitSnapshot(headers, nowMs)).toEqual(expected);
    expect(parseRateLimitSnapshot(new Headers(headers), nowMs)).toEqual(expected);
  });

  test("S1d-31, S1-60: the Anthropic family tells times, and the kind of tokens that is nearest its limit counts", () => {
    const headers = {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "49",
      "anthropic-ratelimit-requests-reset": "2026-08-01T12:00:01Z",
      "anthropic-ratelimit-tokens-limit": "48000",
      "anthropic-ratelimit-tokens-remaining": "8000",
      "anthropic-ratelimit-tokens-reset": "2026-08-01T12:00:50Z",
      "anthropic-ratelimit-input-tokens-limit": "40000",
      "anthropic-ratelimit-input-tokens-remaining": "8000",
      "anthropic-ratelimit-input-tokens-reset": "2026-08-01T12:00:40Z",
      "anthropic-ratelimit-output-tokens-limit": "8000",
      "anthropic-ratelimit-output-tokens-remaining": "0",
      "anthropic-ratelimit-output-tokens-reset": "2026-08-01T12:00:30Z",
    };
    expect(parseRateLimitSnapshot(headers, nowMs)).toEqual({
      limitRequests: 50,
      remainingRequests: 49,
      requestsResetAtMs: nowMs + 1_000,
      limitTokens: 8_000,
      remainingTokens: 0,
      tokensResetAtMs: nowMs + 30_000,
      resetAtMs: nowMs + 30_000,
    });
  });

  test("S1-60: a dimension with nothing left says until when to wait; of two, the later", () => {
    const headers = {
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "2s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "9s",
    };
    expect(parseRateLimitSnapshot(headers, nowMs)?.resetAtMs).toBe(nowMs + 9_000);
    const rest = { ...headers, "x-ratelimit-remaining-tokens": "5" };
    expect(parseRateLimitSnapshot(rest, nowMs)?.resetAtMs).toBe(nowMs + 2_000);
  });

  test("a reset of something whose rest is not told asks for no wait", () => {
    expect(parseRateLimitSnapshot({ "x-ratelimit-reset-requests": "9s" }, nowMs)).toEqual({
      ...nothing,
      requestsResetAtMs: nowMs + 9_000,
    });
  });

  test("Retry-After alone is a snapshot too, and a longer reset wins over it", () => {
    expect(parseRateLimitSnapshot({ "retry-after": "7" }, nowMs)).toEqual({
      ...nothing,
      resetAtMs: nowMs + 7_000,
    });
    const both = {
      "retry-after": "7",
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": "2026-08-01T12:00:20Z",
    };
    expect(parseRateLimitSnapshot(both, nowMs)?.resetAtMs).toBe(nowMs + 20_000);
  });

  test.each([
    ["seconds from now", "30", nowMs + 30_000],
    ["Unix seconds", String(nowMs / 1_000 + 30), nowMs + 30_000],
    ["Unix milliseconds", String(nowMs + 30_000), nowMs + 30_000],
    ["a duration", "30s", nowMs + 30_000],
    ["a time in another zone", "2026-08-01T14:00:30+02:00", nowMs + 30_000],
    ["a time that has passed", "2026-08-01T11:00:00Z", nowMs],
    ["a time tomorrow", "2026-08-02T12:00:00Z", nowMs + 600_000],
    ["words", "soon", null],
  ])("a plain family counts requests, its reset may be %s", (_name, reset, resetAtMs) => {
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset };
    expect(parseRateLimitSnapshot(headers, nowMs)).toEqual({
      ...nothing,
      remainingRequests: 0,
      requestsResetAtMs: resetAtMs,
      resetAtMs,
    });
  });

  test("any headers give times within ten minutes from now and counts that are not negative", () => {
    const name = fc.constantFrom(
      "x-ratelimit-limit-requests",
      "x-ratelimit-remaining-requests",
      "x-ratelimit-reset-requests",
      "anthropic-ratelimit-tokens-remaining",
      "anthropic-ratelimit-tokens-reset",
      "ratelimit-reset",
      "retry-after",
    );
    const value = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), (headers) => {
        const snapshot = parseRateLimitSnapshot(headers, nowMs) ?? nothing;
        for (const [field, number] of Object.entries(snapshot)) {
          if (number === null) continue;
          expect(number).toBeGreaterThanOrEqual(field.endsWith("AtMs") ? nowMs : 0);
          if (field.endsWith("AtMs")) expect(number).toBeLessThanOrEqual(nowMs + 600_000);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("parseIsoTime", () => {
  test("agrees with the language's own reading of every date it writes", () => {
    const date = fc.date({
      min: new Date("2000-01-01"),
      max: new Date("2099-12-31"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (time) => {
        expect(parseIsoTime(time.toISOString())).toBe(time.getTime());
      }),
    );
  });

  test.each(["", "2026-08-01", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-08-01T12:00:00"])(
    "%j is none",
    (text) => {
      expect(parseIsoTime(text)).toBeNull();
    },
  );
});
