import { sql, type Kysely, type SqlBool } from "kysely";
import { cacheChoiceOf, cacheColumnsOf, type CacheChoice } from "../cache-choice.ts";
import { whereContains, whereEquals, whereTruth, type Page, type PageRequest, type Sort } from "../page.ts";
import { parseContent, parseJsonColumn, textList, versionedOf } from "../read-row.ts";
import type { ApiKeyTable } from "../schema/access-tables.ts";
import type { Schema } from "../schema/schema.ts";
import {
  applyPatch,
  onVersionedTable,
  type Created,
  type Expectation,
  type Patch,
  type Removed,
  type Updated,
  type Versioned,
} from "../versioned-table.ts";
import { touchLastUsed } from "./touch-last-used.ts";

/** A key of the consumer API. The secret itself is nowhere: only a keyed hash and what a list may show of it. */
export interface ApiKey {
  /** `key_...`, unrelated to the secret. */
  readonly id: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly name: string;
  /** Keyed hash of the secret in hexadecimal. */
  readonly keyHash: string;
  readonly keyPrefix: string;
  /** The secret before the last rotation, which works until `previousValidUntilMs`. */
  readonly previousKeyHash: string | null;
  readonly previousValidUntilMs: number | null;
  /** Empty: all. */
  readonly scopes: readonly string[];
  /** Null: all. */
  readonly allowedModelIds: readonly string[] | null;
  readonly expiresAtMs: number | null;
  /** The key must be rotated so many days after `rotatedAtMs`; null: never. */
  readonly rotationDays: number | null;
  readonly rotatedAtMs: number;
  readonly enabled: boolean;
  /** Billionths of a US dollar; null: no budget of its own. */
  readonly monthlyBudgetNanoUsd: number | null;
  /** Null: the installation's rate; -1: unlimited. */
  readonly rateLimitRps: number | null;
  /** Requests that may run at once; null: no limit of its own. */
  readonly maxConcurrentRequests: number | null;
  /** Null: nothing is said about keeping answers. */
  readonly cache: CacheChoice | null;
  /** Spend counts from here when it lies in the present month; null: from the month's start. */
  readonly budgetResetAtMs: number | null;
}

export interface StoredApiKey extends Versioned<ApiKey> {
  readonly lastUsedAtMs: number | null;
}

export interface ApiKeyFilters {
  readonly tenantId?: string | undefined;
  /** Null: keys without a project. */
  readonly projectId?: string | null | undefined;
  readonly enabled?: boolean | undefined;
  /** Part of the id, the name or the prefix. */
  readonly text?: string | undefined;
}

export interface KeyRotation extends Expectation {
  readonly keyHash: string;
  readonly keyPrefix: string;
  /** How long the old secret works on; 0: not at all. */
  readonly graceMs: number;
  readonly nowMs: number;
}

export interface ApiKeyRepository {
  readonly get: (id: string) => Promise<StoredApiKey | null>;
  /**
   * The key of a secret's hash, or of the secret before its rotation while that still works. Disabled and expired keys
   * are found too: the caller says which answer they get.
   */
  readonly findByHash: (hash: string, at: { readonly nowMs: number }) => Promise<FoundApiKey | null>;
  /** Newest first by default. */
  readonly page: (
    request: PageRequest & {
      readonly filters?: ApiKeyFilters;
      readonly sort?: Sort<"id" | "name" | "createdAt" | "lastUsedAt" | "expiresAt">;
    },
  ) => Promise<Page<StoredApiKey>>;
  /** Tenant and project must exist. */
  readonly create: (key: ApiKey, write: { readonly nowMs: number }) => Promise<Created<StoredApiKey>>;
  readonly update: (
    id: string,
    patch: Patch<ApiKey>,
    write: { readonly nowMs: number } & Expectation,
  ) => Promise<Updated<StoredApiKey>>;
  /** Puts another secret in place; the time until the next rotation starts again. */
  readonly rotate: (id: string, rotation: KeyRotation) => Promise<Updated<StoredApiKey>>;
  readonly remove: (id: string, write?: Expectation) => Promise<Removed<StoredApiKey>>;
  /** Enabled keys whose days without rotation are over. */
  readonly listOverdueForRotation: (at: { readonly nowMs: number }) => Promise<StoredApiKey[]>;
  /** Notes when keys were used; see `touchLastUsed`. */
  readonly touch: (usedAtMs: ReadonlyMap<string, number>) => Promise<void>;
}

export interface FoundApiKey {
  readonly stored: StoredApiKey;
  readonly matched: "current" | "previous";
}

const dayMs = 86_400_000;

/** @param db a database, or a transaction to take part in. */
export function createApiKeyRepository(db: Kysely<Schema>): ApiKeyRepository {
  const rows = onVersionedTable(db, { name: "api_keys", toColumns, fromRow });
  return {
    get: rows.get,
    async findByHash(hash, { nowMs }) {
      const keys = db.selectFrom("api_keys").selectAll();
      const current = await keys.where("key_hash", "=", hash).executeTakeFirst();
      if (current !== undefined) return { stored: fromRow(current), matched: "current" };
      const previous = await keys
        .where("previous_key_hash", "=", hash)
        .where("previous_valid_until_ms", ">", nowMs)
        .executeTakeFirst();
      return previous === undefined ? null : { stored: fromRow(previous), matched: "previous" };
    },
    page: ({ filters = {}, sort = { by: "createdAt", direction: "desc" }, ...page }) =>
      rows.page({
        ...page,
        conditions: [
          ...whereEquals("tenant_id", filters.tenantId),
          ...whereEquals("project_id", filters.projectId),
          ...whereTruth("enabled", filters.enabled),
          ...whereContains(["id", "name", "key_prefix"], filters.text),
        ],
        sort: { ...sort, by: sortColumns[sort.by] },
      }),
    create: rows.create,
    update: (id, patch, write) =>
      rows.update(id, { ...write, change: (current) => applyPatch(current, patch) }),
    rotate: (id, { keyHash, keyPrefix, graceMs, nowMs, expectedVersion = null }) =>
      rows.update(id, {
        nowMs,
        expectedVersion,
        change: (current) => ({
          ...current,
          keyHash,
          keyPrefix,
          previousKeyHash: graceMs > 0 ? current.keyHash : null,
          previousValidUntilMs: graceMs > 0 ? nowMs + graceMs : null,
          rotatedAtMs: nowMs,
        }),
      }),
    remove: rows.remove,
    async listOverdueForRotation({ nowMs }) {
      const found = await db
        .selectFrom("api_keys")
        .selectAll()
        .where("enabled", "=", 1)
        .where("rotation_days", "is not", null)
        .where(sql<SqlBool>`rotated_at_ms + cast(rotation_days as bigint) * ${sql.lit(dayMs)} <= ${nowMs}`)
        .orderBy("id")
        .execute();
      return found.map(fromRow);
    },
    touch: (usedAtMs) => touchLastUsed(db, { table: "api_keys", usedAtMs }),
  };
}

const sortColumns = {
  id: "id",
  name: "name",
  createdAt: "created_at_ms",
  lastUsedAt: "last_used_at_ms",
  expiresAt: "expires_at_ms",
} as const;

function toColumns(key: ApiKey) {
  return {
    id: key.id,
    tenant_id: key.tenantId,
    project_id: key.projectId,
    name: key.name,
    key_hash: key.keyHash,
    key_prefix: key.keyPrefix,
    previous_key_hash: key.previousKeyHash,
    previous_valid_until_ms: key.previousValidUntilMs,
    scopes_json: JSON.stringify(key.scopes),
    allowed_models_json: key.allowedModelIds === null ? null : JSON.stringify(key.allowedModelIds),
    expires_at_ms: key.expiresAtMs,
    rotation_days: key.rotationDays,
    rotated_at_ms: key.rotatedAtMs,
    enabled: key.enabled ? 1 : 0,
    monthly_budget_nano_usd: key.monthlyBudgetNanoUsd,
    rate_limit_rps: key.rateLimitRps,
    max_concurrent_requests: key.maxConcurrentRequests,
    ...cacheColumnsOf(key.cache),
    budget_reset_at_ms: key.budgetResetAtMs,
  } as const;
}

function fromRow(row: ApiKeyTable): StoredApiKey {
  const listOf = (text: string): string[] =>
    parseContent(textList, { table: "api_keys", id: row.id, value: parseJsonColumn(text) });
  const key: ApiKey = {
    id: row.id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    name: row.name,
    keyHash: row.key_hash,
    keyPrefix: row.key_prefix,
    previousKeyHash: row.previous_key_hash,
    previousValidUntilMs: row.previous_valid_until_ms,
    scopes: listOf(row.scopes_json),
    allowedModelIds: row.allowed_models_json === null ? null : listOf(row.allowed_models_json),
    expiresAtMs: row.expires_at_ms,
    rotationDays: row.rotation_days,
    rotatedAtMs: row.rotated_at_ms,
    enabled: row.enabled === 1,
    monthlyBudgetNanoUsd: row.monthly_budget_nano_usd,
    rateLimitRps: row.rate_limit_rps,
    maxConcurrentRequests: row.max_concurrent_requests,
    cache: cacheChoiceOf(row, { table: "api_keys" }),
    budgetResetAtMs: row.budget_reset_at_ms,
  };
  return { ...versionedOf(row, key), lastUsedAtMs: row.last_used_at_ms };
}
