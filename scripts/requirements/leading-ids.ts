/** What a test's title says about rows: nothing, a list of ids, or a list that does not end in a colon. */
export type LeadingIds =
  | { readonly kind: "none" }
  | { readonly kind: "ids"; readonly ids: readonly string[]; readonly guarantee: string }
  | { readonly kind: "malformed" };

const id = String.raw`[A-Z]\w*(?:-\d+)?`;
const leadingList = new RegExp(`^(${id}(?:, ${id})*): *`);
const rowId = /^S\d\w*-\d+$/;
const startsLikeRows = /^(?:[A-Z]\d+, *)*S\d\w*-\d/;

/**
 * Reads the ids at the head of a test's title. Ids of decisions, readings and vectors (`C12`, `D8`) may stand
 * among those of rows and are left out.
 *
 * `S0-3, D8, S2-43: a key is sealed` gives `S0-3` and `S2-43`, and the guarantee `a key is sealed`.
 */
export function readLeadingIds(title: string): LeadingIds {
  const match = leadingList.exec(title);
  const ids = (match?.[1] ?? "").split(", ").filter((token) => rowId.test(token));
  if (match !== null && ids.length > 0) {
    return { kind: "ids", ids: [...new Set(ids)], guarantee: title.slice(match[0].length) };
  }
  return startsLikeRows.test(title) ? { kind: "malformed" } : { kind: "none" };
}
