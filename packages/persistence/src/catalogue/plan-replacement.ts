import type { Source } from "../schema/catalogue-tables.ts";
import type { Replacement } from "./stored.ts";

/** What decides about a row of the catalogue: everything else is its content. */
export interface RowMeta {
  readonly id: string;
  readonly source: Source;
}

/**
 * Compares the rows in the database with those that a configuration wants. An admin's word outlives the configuration, as
 * a whole and whatever the configuration says later, until the admin hands the entry back:
 *
 *     in the database        wanted            result
 *     -                      yes               added
 *     removed by an admin    yes               kept removed
 *     removed by an admin    no                nothing, and forgotten: a configuration that names it again adds it
 *     from config, same      yes               nothing
 *     from config, other     yes               changed
 *     from config            no                removed
 *     from an admin          yes               kept for the admin
 *     from an admin          no                nothing
 */
export function planReplacement<Content extends { readonly id: string }>(
  existing: readonly (Content & RowMeta)[],
  wanted: readonly Content[],
  { removedByAdmin = new Set() }: { readonly removedByAdmin?: ReadonlySet<string> } = {},
): Replacement {
  const present = new Map(existing.map((row) => [row.id, row]));
  const wantedIds = new Set(wanted.map(({ id }) => id));
  const idsWhere = (isMatch: (content: Content, row: (Content & RowMeta) | undefined) => boolean): string[] =>
    wanted.filter((content) => isMatch(content, present.get(content.id))).map(({ id }) => id);
  return {
    added: idsWhere(({ id }, row) => row === undefined && !removedByAdmin.has(id)),
    changed: idsWhere((content, row) => row?.source === "config" && !hasContent(row, content)),
    removed: existing
      .filter(({ id, source }) => source === "config" && !wantedIds.has(id))
      .map(({ id }) => id),
    keptForAdmin: idsWhere((_, row) => row?.source === "admin"),
    keptRemoved: idsWhere(({ id }, row) => row === undefined && removedByAdmin.has(id)),
  };
}

/** Whether every column of `content` has the same value in `row`. */
function hasContent<Content extends object>(row: Content, content: Content): boolean {
  const present = new Map<string, unknown>(Object.entries(row));
  return Object.entries(content).every(([column, value]) => present.get(column) === value);
}
