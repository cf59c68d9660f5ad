import { TokenHubError } from "@tokenhub/contracts";

/** The ETag of an entity's version, e.g. `"v3"`. */
export function formatVersionTag(version: number): string {
  return `"v${version}"`;
}

/**
 * The version an `If-Match` header names; null when it is absent or `*`.
 * @throws TokenHubError `invalid_request` for a tag that is none of ours.
 */
export function readExpectedVersion(header: string | undefined): number | null {
  const tag = header?.trim() ?? "";
  if (tag === "" || tag === "*") return null;
  const match = /^(?:W\/)?"v(\d{1,15})"$/.exec(tag);
  if (match !== null) return Number(match[1]);
  throw new TokenHubError("invalid_request", 'If-Match must be the ETag of the last answer, such as "v3".', {
    param: "if-match",
  });
}
