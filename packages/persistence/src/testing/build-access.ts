import type { ApiKey } from "../access/api-key-repository.ts";
import type { AdminToken } from "../access/admin-token-repository.ts";

export function buildKey(number: number, key: Partial<ApiKey> = {}): ApiKey {
  return {
    id: `key_${String(number).padStart(32, "0")}`,
    tenantId: "default",
    projectId: null,
    name: `Key ${number}`,
    keyHash: `hash-of-secret-${number}`,
    keyPrefix: `tokenhub_${number}`,
    previousKeyHash: null,
    previousValidUntilMs: null,
    scopes: ["chat", "plan"],
    allowedModelIds: null,
    expiresAtMs: null,
    rotationDays: null,
    rotatedAtMs: 1_000,
    enabled: true,
    monthlyBudgetNanoUsd: null,
    rateLimitRps: null,
    maxConcurrentRequests: null,
    cache: null,
    budgetResetAtMs: null,
    ...key,
  };
}

export function buildToken(number: number, token: Partial<AdminToken> = {}): AdminToken {
  return {
    id: `adm_${String(number).padStart(32, "0")}`,
    name: `Token ${number}`,
    role: "operator",
    tokenHash: `hash-of-token-${number}`,
    tokenPrefix: `adm-${number}`,
    enabled: true,
    expiresAtMs: null,
    ...token,
  };
}
