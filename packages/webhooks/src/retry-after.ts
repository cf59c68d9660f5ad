/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date; null when there is none, or nonsense. */
export function readRetryAfterMs(
  value: string | readonly string[] | undefined,
  nowMs: number,
): number | null {
  const text = (typeof value === "string" ? value : value?.[0])?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // Only the date format of HTTP: Date.parse also takes a mere number.
  const atMs = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
