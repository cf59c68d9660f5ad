import { parseHttpDate } from "./http-date.ts";

/** Response headers: a `Headers` object, or a record of names in any letter case. */
export type AnswerHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The longest wait that is ever reported: 10 minutes. */
export const longestWaitMs = 600_000;

/**
 * How long a provider asks to be left alone, in milliseconds between 0 and 10 minutes; null when it does not say or cannot
 * be understood. The first of these that can be read counts:
 *
 * 1. `retry-after-ms`: milliseconds;
 * 2. `retry-after`: seconds or an HTTP date (a past date is 0);
 * 3. `x-ratelimit-reset-requests` and `-tokens`: durations such as `6m0s` or `20ms`. Providers send them with every
 *    answer, so one counts only when the matching `x-ratelimit-remaining-*` is 0 or absent; of two, the longer.
 */
export function parseRetryAfter(headers: AnswerHeaders, nowMs: number): number | null {
  const read = readerOf(headers);
  const waitMs = statedWaitMs(read, nowMs) ?? resetOf(read);
  return waitMs === null ? null : Math.min(longestWaitMs, Math.max(0, waitMs));
}

/** What `retry-after-ms` or `retry-after` says, unbounded and perhaps negative; null when neither can be read. */
export function statedWaitMs(read: HeaderReader, nowMs: number): number | null {
  return decimal(read("retry-after-ms")) ?? secondsOrDate(read("retry-after"), nowMs);
}

export type HeaderReader = (name: string) => string | null;

/** Reads headers by lower-case name; of several values the first. */
export function readerOf(headers: AnswerHeaders): HeaderReader {
  if (hasGet(headers)) return (name) => headers.get(name);
  const values = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => {
    const value = values.get(name);
    return (typeof value === "string" ? value : value?.[0]) ?? null;
  };
}

function hasGet(headers: AnswerHeaders): headers is { get(name: string): string | null } {
  return typeof headers["get"] === "function";
}

/** A plain decimal number, not negative; null for anything else. */
export function decimal(text: string | null): number | null {
  return text !== null && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

function secondsOrDate(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const seconds = decimal(text);
  if (seconds !== null) return seconds * 1000;
  const dateMs = parseHttpDate(text);
  return dateMs === null ? null : dateMs - nowMs;
}

function resetOf(read: HeaderReader): number | null {
  let longestMs: number | null = null;
  for (const dimension of ["requests", "tokens"]) {
    const remaining = decimal(read(`x-ratelimit-remaining-${dimension}`));
    const resetMs = durationMs(read(`x-ratelimit-reset-${dimension}`));
    if (resetMs !== null && (remaining ?? 0) === 0) longestMs = Math.max(longestMs ?? 0, resetMs);
  }
  return longestMs;
}

const durationForm = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;

/** Milliseconds of a duration such as `6m0s`, `1h2m`, `7.66s` or `20ms`; null for anything else. */
export function durationMs(text: string | null): number | null {
  const parts = durationForm.exec(text?.trim() ?? "");
  if (parts === null) return null;
  const part = (group: number): number => Number(parts[group] ?? 0);
  return (((part(1) * 24 + part(2)) * 60 + part(3)) * 60 + part(4)) * 1000 + part(5);
}
