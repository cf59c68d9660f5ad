import type { Kysely } from "kysely";

/** What keys and models say about keeping answers, and how many requests of a key may run at once. */
export async function addCacheChoice(db: Kysely<unknown>): Promise<void> {
  for (const table of ["api_keys", "models"]) {
    await db.schema.alterTable(table).addColumn("cache_choice", "text").execute();
    await db.schema.alterTable(table).addColumn("cache_ttl_ms", "bigint").execute();
  }
  await db.schema.alterTable("api_keys").addColumn("max_concurrent_requests", "integer").execute();
}
