import type { StoredApiKey } from "@tokenhub/persistence";
import { rotationDueAtMs } from "../../../access/key-record.ts";
import { presentCacheChoice } from "../../../cache/cache-choice-form.ts";
import { timeText, usdOf } from "../../fields.ts";

export type KeyStatus = "active" | "disabled" | "expired" | "rotation_overdue";

/** A key as answers show it: everything but the secret, of which nothing is known, and its hash. */
export function presentKey(
  stored: StoredApiKey,
  { nowMs, spentNanoUsd }: { readonly nowMs: number; readonly spentNanoUsd: number },
) {
  const { entry, createdAtMs, updatedAtMs, lastUsedAtMs } = stored;
  const dueAtMs = rotationDueAtMs(entry);
  const graceMs = entry.previousValidUntilMs ?? 0;
  return {
    id: entry.id,
    name: entry.name,
    key_prefix: entry.keyPrefix,
    tenant_id: entry.tenantId,
    project_id: entry.projectId,
    scopes: entry.scopes,
    allowed_models: entry.allowedModelIds,
    enabled: entry.enabled,
    status: statusOf(stored, nowMs),
    expires_at: timeText(entry.expiresAtMs),
    rotation_days: entry.rotationDays,
    rotated_at: timeText(entry.rotatedAtMs),
    rotation_due_at: dueAtMs === Infinity ? null : timeText(dueAtMs),
    previous_key_valid_until: graceMs > nowMs ? timeText(graceMs) : null,
    monthly_budget_usd: usdOf(entry.monthlyBudgetNanoUsd),
    budget_reset_at: timeText(entry.budgetResetAtMs),
    current_spend_usd: usdOf(spentNanoUsd),
    rate_limit_rps: entry.rateLimitRps,
    max_concurrent_requests: entry.maxConcurrentRequests,
    ...presentCacheChoice(entry.cache),
    created_at: timeText(createdAtMs),
    updated_at: timeText(updatedAtMs),
    last_used_at: timeText(lastUsedAtMs),
  };
}

function statusOf({ entry }: StoredApiKey, nowMs: number): KeyStatus {
  if (!entry.enabled) return "disabled";
  if ((entry.expiresAtMs ?? Infinity) <= nowMs) return "expired";
  return rotationDueAtMs(entry) <= nowMs ? "rotation_overdue" : "active";
}
