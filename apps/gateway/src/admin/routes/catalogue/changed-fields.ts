import { isDeepStrictEqual } from "node:util";

/** Names of the fields in which two entries differ: what an audit row tells of a change. */
export function changedFields<Entry extends object>(before: Entry, after: Entry): string[] {
  const [old, present] = [before, after].map((entry) => new Map<string, unknown>(Object.entries(entry)));
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(old?.get(name), present?.get(name)));
}
