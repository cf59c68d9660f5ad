import type { StoredBatch } from "@tokenhub/persistence";
import type { KeyLookup } from "../access/key-index.ts";
import type { Budget } from "../admission/caller.ts";

/** The budgets that a batch draws on now. A key that is gone has none: its requests are refused when their turn comes. */
export function budgetsOfBatch(
  keys: Pick<KeyLookup, "key" | "tenant" | "project">,
  { tenantId, projectId, keyId }: Pick<StoredBatch, "tenantId" | "projectId" | "keyId">,
): Budget[] {
  const key = keyId === null ? undefined : keys.key(keyId);
  const project = projectId === null ? undefined : keys.project(projectId);
  const tenant = keys.tenant(tenantId);
  const stated = [
    key && { kind: "key" as const, id: key.id, resetAtMs: key.budgetResetAtMs, limit: key.budgetNanoUsd },
    project && { kind: "project" as const, id: project.id, resetAtMs: null, limit: project.budgetNanoUsd },
    tenant && { kind: "tenant" as const, id: tenant.id, resetAtMs: null, limit: tenant.budgetNanoUsd },
  ];
  return stated.flatMap((budget) => {
    if (budget === undefined || budget.limit === null) return [];
    const { limit, ...scope } = budget;
    return [{ ...scope, limitNanoUsd: limit }];
  });
}
