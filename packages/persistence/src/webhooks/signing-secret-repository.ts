import { sql, type Kysely } from "kysely";
import { insertRows } from "../insert-rows.ts";
import type { Schema } from "../schema/schema.ts";
import { firstSecretColumns, type SealedSecret } from "./webhook-endpoint.ts";

/** What may be shown of a tenant's own signing secret. */
export interface SigningSecretNote {
  readonly hint: string;
  /** Until then the secret before this one signs too; null: there is none. */
  readonly oldUntilMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** The secrets of tenants that sign deliveries to URLs which jobs name without a secret. */
export interface SigningSecretRepository {
  readonly get: (tenantId: string) => Promise<SigningSecretNote | null>;
  /** Keeps the secret unless the tenant has one already. */
  readonly ensure: (
    tenantId: string,
    secret: SealedSecret,
    write: { readonly nowMs: number },
  ) => Promise<void>;
  /** The secret so far signs along until `oldUntilMs`; null: it ends at once. */
  readonly rotate: (
    tenantId: string,
    secret: SealedSecret & { readonly oldUntilMs: number | null },
    write: { readonly nowMs: number },
  ) => Promise<SigningSecretNote>;
}

/** @param db a database, or a transaction to take part in. */
export function createSigningSecretRepository(db: Kysely<Schema>): SigningSecretRepository {
  const find = (tenantId: string) =>
    db
      .selectFrom("webhook_signing_secrets")
      .select(["secret_hint", "old_secret_until_ms", "created_at_ms", "updated_at_ms"])
      .where("tenant_id", "=", tenantId);
  async function insert(tenantId: string, secret: SealedSecret, nowMs: number): Promise<boolean> {
    const row = {
      tenant_id: tenantId,
      ...firstSecretColumns(secret),
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
    };
    const clause = "on conflict (tenant_id) do nothing returning tenant_id";
    const inserted = await insertRows<"webhook_signing_secrets", unknown>(db, {
      table: "webhook_signing_secrets",
      rows: [row],
      clause,
    });
    return inserted.length > 0;
  }
  return {
    async get(tenantId) {
      const row = await find(tenantId).executeTakeFirst();
      return row === undefined ? null : noteOf(row);
    },
    async ensure(tenantId, secret, { nowMs }) {
      await insert(tenantId, secret, nowMs);
    },
    async rotate(tenantId, { oldUntilMs, ...secret }, { nowMs }) {
      if (!(await insert(tenantId, secret, nowMs)))
        await db
          .updateTable("webhook_signing_secrets")
          .set({
            // The right-hand side is the row as it was.
            sealed_old_secret: oldUntilMs === null ? null : sql<string>`sealed_secret`,
            old_secret_until_ms: oldUntilMs,
            sealed_secret: secret.sealed,
            secret_hint: secret.hint,
            updated_at_ms: nowMs,
          })
          .where("tenant_id", "=", tenantId)
          .execute();
      return noteOf(await find(tenantId).executeTakeFirstOrThrow());
    },
  };
}

function noteOf(row: {
  readonly secret_hint: string;
  readonly old_secret_until_ms: number | null;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
}): SigningSecretNote {
  return {
    hint: row.secret_hint,
    oldUntilMs: row.old_secret_until_ms,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
