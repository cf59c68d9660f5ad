/** The texts of a JSON value that should be a list of texts, however it was written: one text, a list, a list of objects. */
export function listIn(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  return entries
    .map((entry) => (typeof entry === "string" ? entry.trim() : JSON.stringify(entry)))
    .filter((entry) => entry !== "");
}
