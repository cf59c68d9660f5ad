import { cacheChoiceOf, type CacheChoice, type Schema } from "@tokenhub/persistence";

/** What admission needs of a key. It never holds the secret. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly keyHash: string;
  /** The hash before the last rotation, which works until `previousValidUntilMs`. */
  readonly previousKeyHash: string | null;
  readonly previousValidUntilMs: number;
  /** Empty: all. */
  readonly scopes: readonly string[];
  /** Names of models and aliases; null: all. */
  readonly allowedModels: readonly string[] | null;
  readonly enabled: boolean;
  /** Unix milliseconds; `Infinity`: never. */
  readonly expiresAtMs: number;
  /** When its days without rotation are over; `Infinity`: never. */
  readonly rotationDueAtMs: number;
  readonly budgetNanoUsd: number | null;
  readonly budgetResetAtMs: number | null;
  /** Null: the installation's rate; `Infinity`: unlimited. */
  readonly requestsPerSecond: number | null;
  /** Requests that may run at once; null: no limit of its own. */
  readonly concurrentRequests: number | null;
  /** What is said about keeping answers; null: nothing. */
  readonly cache: CacheChoice | null;
}

export interface TenantRecord {
  readonly id: string;
  readonly enabled: boolean;
  readonly budgetNanoUsd: number | null;
  /** Of all its keys together; null: no limit of its own. */
  readonly requestsPerSecond: number | null;
  /** Likewise. */
  readonly concurrentRequests: number | null;
}

export interface ProjectRecord {
  readonly id: string;
  readonly enabled: boolean;
  readonly budgetNanoUsd: number | null;
}

type KeyRow = Omit<Schema["api_keys"], "version" | "created_at_ms" | "updated_at_ms" | "last_used_at_ms">;

const dayMs = 86_400_000;

/** A reader of rows. Lists that many keys have in common are held once. */
export function createKeyReader(): (row: KeyRow) => KeyRecord {
  const lists = new Map<string, readonly string[]>();
  const listOf = (text: string): readonly string[] => {
    const known = lists.get(text);
    if (known !== undefined) return known;
    const list = JSON.parse(text) as readonly string[];
    lists.set(text, list);
    return list;
  };
  return (row) => ({
    id: row.id,
    name: row.name,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    keyHash: row.key_hash,
    previousKeyHash: row.previous_key_hash,
    previousValidUntilMs: row.previous_valid_until_ms ?? 0,
    scopes: listOf(row.scopes_json),
    allowedModels: row.allowed_models_json === null ? null : listOf(row.allowed_models_json),
    enabled: row.enabled === 1,
    expiresAtMs: row.expires_at_ms ?? Infinity,
    rotationDueAtMs: rotationDueAtMs({ rotationDays: row.rotation_days, rotatedAtMs: row.rotated_at_ms }),
    budgetNanoUsd: row.monthly_budget_nano_usd,
    budgetResetAtMs: row.budget_reset_at_ms,
    requestsPerSecond: requestsPerSecondOf(row.rate_limit_rps),
    concurrentRequests: row.max_concurrent_requests,
    cache: cacheChoiceOf(row, { table: "api_keys" }),
  });
}

/** When a key must have been rotated; `Infinity` when it need not be. 0 days mean that, too. */
export function rotationDueAtMs(key: {
  readonly rotationDays: number | null;
  readonly rotatedAtMs: number;
}): number {
  const { rotationDays, rotatedAtMs } = key;
  return rotationDays === null || rotationDays === 0 ? Infinity : rotatedAtMs + rotationDays * dayMs;
}

/** Null and 0: the installation's rate; -1: unlimited. */
function requestsPerSecondOf(rps: number | null): number | null {
  if (rps === null || rps === 0) return null;
  return rps < 0 ? Infinity : rps;
}
