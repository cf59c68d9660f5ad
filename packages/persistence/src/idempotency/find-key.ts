import type { Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { heldKeyOf, type HeldKey, type KeyPlace } from "./held-key.ts";

/** The key, when it is in use. */
export async function findKey(
  db: Kysely<Schema>,
  { tenantId, scope, key, nowMs }: KeyPlace & { readonly nowMs: number },
): Promise<HeldKey | null> {
  const row = await db
    .selectFrom("idempotency_keys")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .where("scope", "=", scope)
    .where("idempotency_key", "=", key)
    .where("expires_at_ms", ">", Math.floor(nowMs))
    .executeTakeFirst();
  return row === undefined ? null : heldKeyOf(row);
}
