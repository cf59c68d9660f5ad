import {
  decimal,
  durationMs,
  longestWaitMs,
  readerOf,
  statedWaitMs,
  type AnswerHeaders,
  type HeaderReader,
} from "./parse-retry-after.ts";
import { parseIsoTime } from "./iso-time.ts";

/** What a provider said about its limits with one answer. Null: it did not say. All times in Unix milliseconds. */
export interface RateLimitSnapshot {
  readonly limitRequests: number | null;
  readonly remainingRequests: number | null;
  readonly requestsResetAtMs: number | null;
  readonly limitTokens: number | null;
  /** Of several kinds of tokens (input, output, both) the one with the least left, in share of its limit. */
  readonly remainingTokens: number | null;
  readonly tokensResetAtMs: number | null;
  /** Until when the provider asks not to be called, because it said so (Retry-After) or because something is used up. */
  readonly resetAtMs: number | null;
}

interface Dimension {
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly resetAtMs: number | null;
}

type HeaderNames = readonly [limit: string, remaining: string, reset: string];

const requestFamilies: readonly HeaderNames[] = [
  family("x-ratelimit-", "-requests"),
  anthropicFamily("requests"),
  ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
  ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
];
const tokenFamilies: readonly HeaderNames[] = [
  family("x-ratelimit-", "-tokens"),
  anthropicFamily("tokens"),
  anthropicFamily("input-tokens"),
  anthropicFamily("output-tokens"),
];

/**
 * Reads the rate-limit headers of an answer, whatever its status; null when there are none.
 *
 * | family                                      | counts             | a reset is                                |
 * |---------------------------------------------|--------------------|-------------------------------------------|
 * | `x-ratelimit-*-requests`, `-tokens`         | requests, tokens   | a duration: `6m0s`, `20ms`                |
 * | `anthropic-ratelimit-requests-*`            | requests           | a time: `2026-08-01T12:00:30Z`            |
 * | `anthropic-ratelimit-[input-,output-]tokens-*` | tokens          | a time                                    |
 * | `x-ratelimit-*`, `ratelimit-*` without more | requests           | seconds from now, or Unix seconds or ms   |
 * | `retry-after-ms`, `retry-after`             | everything         | as in `parseRetryAfter`                   |
 *
 * Every reset form is understood in every family. No reset is later than 10 minutes from now: the provider is asked again
 * then. `resetAtMs` is the latest of Retry-After and the resets of what has nothing left.
 */
export function parseRateLimitSnapshot(headers: AnswerHeaders, nowMs: number): RateLimitSnapshot | null {
  const read = readerOf(headers);
  const requests = tightest(requestFamilies.map((names) => dimensionOf(read, { names, nowMs })));
  const tokens = tightest(tokenFamilies.map((names) => dimensionOf(read, { names, nowMs })));
  const waitMs = statedWaitMs(read, nowMs);
  if (requests === null && tokens === null && waitMs === null) return null;
  const ends = [
    waitMs === null ? null : boundedTime(nowMs + waitMs, nowMs),
    ...[requests, tokens].map((dimension) => (dimension?.remaining === 0 ? dimension.resetAtMs : null)),
  ].filter((end) => end !== null);
  return {
    limitRequests: requests?.limit ?? null,
    remainingRequests: requests?.remaining ?? null,
    requestsResetAtMs: requests?.resetAtMs ?? null,
    limitTokens: tokens?.limit ?? null,
    remainingTokens: tokens?.remaining ?? null,
    tokensResetAtMs: tokens?.resetAtMs ?? null,
    resetAtMs: ends.length === 0 ? null : Math.max(...ends),
  };
}

function family(prefix: string, suffix: string): HeaderNames {
  return [`${prefix}limit${suffix}`, `${prefix}remaining${suffix}`, `${prefix}reset${suffix}`];
}

function anthropicFamily(name: string): HeaderNames {
  const prefix = `anthropic-ratelimit-${name}-`;
  return [`${prefix}limit`, `${prefix}remaining`, `${prefix}reset`];
}

function dimensionOf(
  read: HeaderReader,
  { names, nowMs }: { names: HeaderNames; nowMs: number },
): Dimension | null {
  const [limitName, remainingName, resetName] = names;
  const limit = decimal(read(limitName));
  const remaining = decimal(read(remainingName));
  const resetAtMs = resetTime(read(resetName), nowMs);
  return limit === null && remaining === null && resetAtMs === null ? null : { limit, remaining, resetAtMs };
}

/** The dimension with the smallest share left; of two that are used up, the one that takes longer. */
function tightest(dimensions: readonly (Dimension | null)[]): Dimension | null {
  let found: Dimension | null = null;
  for (const dimension of dimensions) {
    if (dimension === null) continue;
    if (found === null || isTighter(dimension, found)) found = dimension;
  }
  return found;
}

function isTighter(one: Dimension, other: Dimension): boolean {
  const difference = shareLeft(one) - shareLeft(other);
  if (difference !== 0 && !Number.isNaN(difference)) return difference < 0;
  return one.remaining === 0 && (one.resetAtMs ?? 0) > (other.resetAtMs ?? 0);
}

function shareLeft({ limit, remaining }: Dimension): number {
  if (remaining === null) return Infinity;
  if (remaining === 0) return 0;
  return limit === null || limit === 0 ? remaining : remaining / limit;
}

const firstUnixSeconds = 1_000_000_000;
const firstUnixMilliseconds = 1_000_000_000_000;

function resetTime(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const time = resetOf(text, nowMs);
  return time === null ? null : boundedTime(time, nowMs);
}

function boundedTime(timeMs: number, nowMs: number): number {
  return Math.min(nowMs + longestWaitMs, Math.max(nowMs, timeMs));
}

function resetOf(text: string, nowMs: number): number | null {
  const number = decimal(text);
  if (number !== null) {
    if (number >= firstUnixMilliseconds) return number;
    return number >= firstUnixSeconds ? number * 1_000 : nowMs + number * 1_000;
  }
  const waitMs = durationMs(text);
  return waitMs === null ? parseIsoTime(text) : nowMs + waitMs;
}
