import { createTenantRepository, type Database } from "@tokenhub/persistence";
import { createKeyReader, type KeyRecord, type ProjectRecord, type TenantRecord } from "./key-record.ts";

export type AccessDatabase = Database["db"];

/** What the directory reads of the database. */
export interface AccessStore {
  /** A number that rises with every committed change of keys, tenants or projects. */
  revision(): Promise<number>;
  /** Raises the revision in the transaction of a change. Others wait for its end, so revisions become visible in order. */
  raiseRevision(transaction: AccessDatabase): Promise<number>;
  /** Keys in the order of their ids, behind `afterId`. */
  pageOfKeys(page: { readonly afterId: string; readonly limit: number }): Promise<KeyRecord[]>;
  keys(ids: readonly string[]): Promise<KeyRecord[]>;
  tenants(): Promise<TenantRecord[]>;
  projects(): Promise<ProjectRecord[]>;
}

const revisionName = "access_revision";

const keyColumns = [
  "id",
  "tenant_id",
  "project_id",
  "name",
  "key_hash",
  "key_prefix",
  "previous_key_hash",
  "previous_valid_until_ms",
  "scopes_json",
  "allowed_models_json",
  "expires_at_ms",
  "rotation_days",
  "rotated_at_ms",
  "enabled",
  "monthly_budget_nano_usd",
  "rate_limit_rps",
  "max_concurrent_requests",
  "cache_choice",
  "cache_ttl_ms",
  "budget_reset_at_ms",
] as const;

/** The access tables as admission sees them. */
export function createAccessStore(db: AccessDatabase): AccessStore {
  const readKey = createKeyReader();
  const keys = db.selectFrom("api_keys").select(keyColumns);
  return {
    async revision() {
      const row = await db
        .selectFrom("settings")
        .select("value_json")
        .where("name", "=", revisionName)
        .executeTakeFirst();
      return Number(row?.value_json ?? 0);
    },
    async raiseRevision(transaction) {
      await transaction
        .insertInto("settings")
        .values({ name: revisionName, value_json: "0", updated_at_ms: 0 })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .execute();
      const row = await transaction
        .updateTable("settings")
        .set((sql) => ({
          value_json: sql.cast<string>(sql(sql.cast<number>("value_json", "bigint"), "+", 1), "text"),
        }))
        .where("name", "=", revisionName)
        .returning("value_json")
        .executeTakeFirstOrThrow();
      return Number(row.value_json);
    },
    async pageOfKeys({ afterId, limit }) {
      const rows = await keys.where("id", ">", afterId).orderBy("id").limit(limit).execute();
      return rows.map(readKey);
    },
    async keys(ids) {
      if (ids.length === 0) return [];
      const rows = await keys.where("id", "in", ids).execute();
      return rows.map(readKey);
    },
    async tenants() {
      const tenants = await createTenantRepository(db).list();
      return tenants.map(({ entry }) => ({
        id: entry.id,
        enabled: entry.enabled,
        budgetNanoUsd: entry.limits?.monthlyBudgetNanoUsd ?? null,
        requestsPerSecond: entry.limits?.requestsPerSecond ?? null,
        concurrentRequests: entry.limits?.concurrentRequests ?? null,
      }));
    },
    async projects() {
      const rows = await db
        .selectFrom("projects")
        .select(["id", "enabled", "monthly_budget_nano_usd"])
        .execute();
      return rows.map((row) => ({
        id: row.id,
        enabled: row.enabled === 1,
        budgetNanoUsd: row.monthly_budget_nano_usd,
      }));
    },
  };
}
