import { TokenHubError } from "@tokenhub/contracts";
import { scanJsonObject, type JsonMember } from "./json-scanner.ts";

/** Raw JSON text per member name to set, or undefined to remove the member. */
export type TopLevelChanges = Readonly<Record<string, string | undefined>>;

/**
 * Edits top-level members of a JSON object and leaves every other byte as it is. A changed member that occurs several
 * times is changed or removed everywhere; a set member that does not occur is added at the end.
 *
 *     spliceTopLevel('{"model": "a", "n":1}', { model: '"b"', n: undefined })  ->  '{"model": "b"}'
 *
 * Linear in the length of the text.
 * @throws TokenHubError invalid_json when the text is no JSON object
 */
export function spliceTopLevel(json: string, changes: TopLevelChanges): string {
  const members = scanJsonObject(json);
  if (members === null) throw new TokenHubError("invalid_json", "The body must be a JSON object.");
  return spliceMembers(json, { members, changes });
}

/** {@link spliceTopLevel} on text that has been scanned already. */
export function spliceMembers(
  json: string,
  edit: { readonly members: readonly JsonMember[]; readonly changes: TopLevelChanges },
): string {
  const changes = new Map(Object.entries(edit.changes));
  const missing = new Map(changes);
  const pieces: string[] = [];
  let previousEnd = 0;
  for (const member of edit.members) {
    const isChanged = changes.has(member.key);
    const value = isChanged ? changes.get(member.key) : json.slice(member.valueStart, member.end);
    missing.delete(member.key);
    if (value !== undefined) {
      if (pieces.length > 0) pieces.push(json.slice(previousEnd, member.start));
      pieces.push(json.slice(member.start, member.valueStart), value);
    }
    previousEnd = member.end;
  }
  for (const [key, value] of missing) {
    if (value !== undefined) pieces.push(pieces.length > 0 ? "," : "", `${JSON.stringify(key)}:`, value);
  }
  const firstStart = edit.members[0]?.start ?? json.indexOf("{") + 1;
  const lastEnd = edit.members.at(-1)?.end ?? firstStart;
  return json.slice(0, firstStart) + pieces.join("") + json.slice(lastEnd);
}
