import { contractOf, parseContent } from "./read-row.ts";
import type { CacheChoiceColumns } from "./schema/columns.ts";

/** What a key or a model says about keeping answers for requests that say nothing themselves. */
export type CacheChoice =
  | { readonly kind: "off" }
  /** `ttlMs` null: as long as the installation's default. */
  | { readonly kind: "on"; readonly ttlMs: number | null };

/** Null: nothing is said. */
export function cacheColumnsOf(choice: CacheChoice | null): CacheChoiceColumns {
  return { cache_choice: choice?.kind ?? null, cache_ttl_ms: choice?.kind === "on" ? choice.ttlMs : null };
}

/** @throws DatabaseError when the row does not fit this release. */
export function cacheChoiceOf(
  row: CacheChoiceColumns & { readonly id: string },
  { table }: { readonly table: string },
): CacheChoice | null {
  const kind = parseContent(choiceKind, { table, id: row.id, value: row.cache_choice });
  return kind === "on" ? { kind, ttlMs: row.cache_ttl_ms } : kind === "off" ? { kind } : null;
}

const choiceKind = contractOf(
  (value): value is CacheChoiceColumns["cache_choice"] => value === null || value === "on" || value === "off",
);
