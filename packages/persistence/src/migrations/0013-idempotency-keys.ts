import type { Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** What was asked under a caller's Idempotency-Key, and what it was answered. */
export async function createIdempotencyKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("idempotency_keys")
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("scope", "text", (column) => column.notNull())
    .addColumn("idempotency_key", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("job_id", "text")
    .addColumn("owner", "text")
    .addColumn("status_code", "integer")
    .addColumn("headers_json", "text")
    .addColumn("body", "text")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("idempotency_keys_key", ["tenant_id", "scope", "idempotency_key"])
    .execute();
  await createIndexes(db, [["idempotency_keys_expiring", "idempotency_keys", ["expires_at_ms"]]]);
}
