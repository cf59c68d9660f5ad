import type { KeyRecord } from "./key-record.ts";

/** A key that may do everything; `hash` stands for its secret. */
export function buildKeyRecord(id: string, key: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id,
    name: `name of ${id}`,
    tenantId: "default",
    projectId: null,
    keyHash: `hash of ${id}`,
    previousKeyHash: null,
    previousValidUntilMs: 0,
    scopes: [],
    allowedModels: null,
    enabled: true,
    expiresAtMs: Infinity,
    rotationDueAtMs: Infinity,
    budgetNanoUsd: null,
    budgetResetAtMs: null,
    requestsPerSecond: null,
    concurrentRequests: null,
    cache: null,
    ...key,
  };
}
