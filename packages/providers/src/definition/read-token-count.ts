/** The whole number in one field of an answer; null when there is none. */
export function readTokenCount(json: unknown, field: string): number | null {
  if (typeof json !== "object" || json === null) return null;
  const count = (json as Record<string, unknown>)[field];
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : null;
}
