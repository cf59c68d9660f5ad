import { TokenHubError } from "@tokenhub/contracts";
import type { Created, Removed, Stored, Updated } from "@tokenhub/persistence";
import { formatVersionTag } from "../../version-tag.ts";
import type { AdminCall } from "../../admin-route.ts";

/** How an entry is called in messages. */
export interface EntryName {
  readonly kind: "provider" | "model" | "alias";
  readonly id: string;
}

/** The entry that was read. @throws TokenHubError `not_found` */
export function foundEntry<Kept>(stored: Kept | null, name: EntryName): Kept {
  if (stored === null) throw missing(name);
  return stored;
}

/** The entry that was made. @throws TokenHubError `already_exists` */
export function createdEntry<Kept>(outcome: Created<Kept>, { kind, id }: EntryName): Kept {
  if (outcome.kind === "created") return outcome.stored;
  throw new TokenHubError(
    "already_exists",
    `There is ${article(kind)} ${kind} "${id}" already. Change it with PATCH or PUT, or choose another name.`,
    { param: kind === "alias" ? "name" : "id" },
  );
}

type Writing = Pick<AdminCall, "response">;

/** The entry as it is after a change. @throws TokenHubError `not_found`, `version_mismatch` */
export function updatedEntry<Entry>(
  outcome: Updated<Stored<Entry>>,
  { name, call }: { readonly name: EntryName; readonly call: Writing },
): Stored<Entry> {
  if (outcome.kind === "updated") return outcome.stored;
  if (outcome.kind === "missing") throw missing(name);
  throw changedMeanwhile(outcome.current.version, { name, call });
}

/** What was removed. @throws TokenHubError `not_found`, `version_mismatch` */
export function removedEntry<Entry, Outcome extends Removed<Stored<Entry>>>(
  outcome: Outcome,
  { name, call }: { readonly name: EntryName; readonly call: Writing },
): Extract<Outcome, { readonly kind: "removed" }> {
  if (isRemoved(outcome)) return outcome;
  if (outcome.kind === "version_mismatch") throw changedMeanwhile(outcome.current.version, { name, call });
  throw missing(name);
}

function isRemoved<Outcome extends { readonly kind: string }>(
  outcome: Outcome,
): outcome is Extract<Outcome, { readonly kind: "removed" }> {
  return outcome.kind === "removed";
}

/** The error for a stale `If-Match`; the present version also goes out as ETag. */
export function changedMeanwhile(
  version: number,
  { name, call }: { readonly name: { readonly kind: string; readonly id: string }; readonly call: Writing },
): TokenHubError {
  const tag = formatVersionTag(version);
  call.response.setHeader("etag", tag);
  return new TokenHubError(
    "version_mismatch",
    `The ${name.kind} "${name.id}" was changed meanwhile; its version is ${tag} now. Read it again and repeat the change.`,
    { param: "if-match" },
  );
}

function missing({ kind, id }: EntryName): TokenHubError {
  return new TokenHubError("not_found", `There is no ${kind} "${id.slice(0, 256)}".`);
}

function article(kind: EntryName["kind"]): string {
  return kind === "alias" ? "an" : "a";
}
