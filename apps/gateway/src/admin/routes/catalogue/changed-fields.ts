import { isDeepStrictEqual } from "node:util";

/** Names of the fields in which two entries differ: what an audit row tells of a change. */
export function changedFields<Entry extends object>(before: Entry, after: Entry): string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  return Object.entries(after)
    .filter(([name, value]) => !isDeepStrictEqual(old.get(name), value))
    .map(([name]) => name);
}
