import type { Kysely } from "kysely";
import type { CatalogueKind } from "../schema/catalogue-tables.ts";
import type { Schema } from "../schema/schema.ts";

/** Ids an admin has removed, which a configuration that still names them must not bring back. */
export async function listRemovals(db: Kysely<Schema>, kind: CatalogueKind): Promise<Set<string>> {
  const rows = await db.selectFrom("catalogue_removals").select("id").where("kind", "=", kind).execute();
  return new Set(rows.map(({ id }) => id));
}

export async function rememberRemovals(
  db: Kysely<Schema>,
  {
    kind,
    ids,
    nowMs,
  }: { readonly kind: CatalogueKind; readonly ids: readonly string[]; readonly nowMs: number },
): Promise<void> {
  if (ids.length === 0) return;
  await db
    .insertInto("catalogue_removals")
    .values(ids.map((id) => ({ kind, id, removed_at_ms: nowMs })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function forgetRemovals(
  db: Kysely<Schema>,
  { kind, ids }: { readonly kind: CatalogueKind; readonly ids: readonly string[] },
): Promise<void> {
  if (ids.length === 0) return;
  await db.deleteFrom("catalogue_removals").where("kind", "=", kind).where("id", "in", ids).execute();
}
