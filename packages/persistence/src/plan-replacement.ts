import type { Replacement } from "./stored.ts";
import type { Source } from "./schema.ts";

/** What decides about a row of the catalogue: everything else is its content. */
export interface RowMeta {
  readonly id: string;
  readonly source: Source;
}

/**
 * Compares the rows in the database with those that a configuration wants:
 *
 *     in the database        wanted            result
 *     -                      yes               added
 *     from config, same      yes               nothing
 *     from config, other     yes               changed
 *     from config            no                removed
 *     from an admin          yes               kept for the admin
 *     from an admin          no                nothing
 */
export function planReplacement<Content extends { readonly id: string }>(
  existing: readonly (Content & RowMeta)[],
  wanted: readonly Content[],
): Replacement {
  const present = new Map(existing.map((row) => [row.id, row]));
  const wantedIds = new Set(wanted.map(({ id }) => id));
  const idsWhere = (isMatch: (content: Content, row: (Content & RowMeta) | undefined) => boolean): string[] =>
    wanted.filter((content) => isMatch(content, present.get(content.id))).map(({ id }) => id);
  return {
    added: idsWhere((_, row) => row === undefined),
    changed: idsWhere((content, row) => row?.source === "config" && !hasContent(row, content)),
    removed: existing
      .filter(({ id, source }) => source === "config" && !wantedIds.has(id))
      .map(({ id }) => id),
    keptForAdmin: idsWhere((_, row) => row?.source === "admin"),
  };
}

/** Whether every column of `content` has the same value in `row`. */
export function hasContent<Content extends object>(row: Content, content: Content): boolean {
  const present = new Map<string, unknown>(Object.entries(row));
  return Object.entries(content).every(([column, value]) => present.get(column) === value);
}
