import { sql, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** What was asked under a caller's Idempotency-Key, and what it was answered. */
export async function createIdempotencyKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("idempotency_keys")
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("scope", "text", (column) => column.notNull())
    .addColumn("idempotency_key", "text", (column) => column.notNull())
    .addColumn("request_id", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text")
    .addColumn("job_id", "text")
    .addColumn("owner", "text")
    .addColumn("lease_until_ms", "bigint")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
    .addColumn("status_code", "integer")
    .addColumn("headers_json", "text")
    .addColumn("body", "text")
    .addPrimaryKeyConstraint("idempotency_keys_key", ["tenant_id", "scope", "idempotency_key"])
    // A key whose job is gone is free. Checked at the end of the transaction that writes both, whichever comes first in it.
    .addForeignKeyConstraint("idempotency_keys_job", ["job_id"], "jobs", ["id"], (constraint) =>
      constraint.onDelete("cascade").deferrable().initiallyDeferred(),
    )
    .execute();
  await createIndexes(db, [["idempotency_keys_expiring", "idempotency_keys", ["expires_at_ms"]]]);
  await sql`create index idempotency_keys_by_job on idempotency_keys (job_id) where job_id is not null`.execute(
    db,
  );
}
