import type { KeyLookup } from "../access/key-index.ts";
import type { Budget } from "./caller.ts";

/** Whose request it is. */
export interface RequestOwner {
  readonly tenantId: string;
  readonly projectId: string | null;
  /** Null: no stored key. */
  readonly keyId: string | null;
}

/** The budgets that are drawn on now by what is done in an owner's name. */
export function budgetsOfOwner(
  keys: Pick<KeyLookup, "key" | "tenant" | "project">,
  { tenantId, projectId, keyId }: RequestOwner,
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
