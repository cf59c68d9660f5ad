import { TokenHubError } from "@tokenhub/contracts";
import type { Created, InUse, Removed, Updated } from "@tokenhub/persistence";

type Write<Kept> = Created<Kept> | Updated<Kept> | Removed<Kept> | InUse;

const inUse: Record<InUse["reason"], string> = {
  built_in: "it belongs to every installation. Disable it instead",
  has_keys: "API keys belong to it. Delete or move them first, or disable it instead",
  has_projects: "projects belong to it. Delete them first, or disable it instead",
};

/**
 * What a write has stored or removed.
 * @param noun what was written, for the message, e.g. `API key`.
 * @throws TokenHubError `not_found`, `already_exists`, `version_mismatch`, `conflict`
 */
export function writtenEntry<Kept>(write: Write<Kept>, noun: string): Kept {
  switch (write.kind) {
    case "created":
    case "updated":
    case "removed":
      return write.stored;
    case "missing":
      throw notFound(noun);
    case "exists":
      throw new TokenHubError("already_exists", `There is a ${noun} of this id already. Choose another.`, {
        param: "id",
      });
    case "version_mismatch":
      throw new TokenHubError(
        "version_mismatch",
        `The ${noun} was changed since the version that If-Match names. Read it again.`,
        { param: "if-match" },
      );
    case "in_use":
      throw new TokenHubError("conflict", `The ${noun} cannot be deleted: ${inUse[write.reason]}.`);
  }
}

/** @returns the entry. @throws TokenHubError `not_found` */
export function foundEntry<Kept>(entry: Kept | null, noun: string): Kept {
  if (entry === null) throw notFound(noun);
  return entry;
}

function notFound(noun: string): TokenHubError {
  return new TokenHubError("not_found", `There is no ${noun} of this id.`, { param: "id" });
}
