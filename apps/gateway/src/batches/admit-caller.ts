import { TokenHubError } from "@tokenhub/contracts";
import type { Request } from "express";
import type { Caller } from "../admission/caller.ts";
import type { BatchDeps } from "./batch-deps.ts";

/** @throws TokenHubError with a 401, `rate_limited` */
export async function admitCaller(
  { admission }: Pick<BatchDeps, "admission">,
  request: Request,
): Promise<Caller> {
  const caller = admission.authenticate(request);
  const permit = admission.admit(caller);
  if (permit !== null) await permit;
  return caller;
}

/** Whether a caller may see something: it is of its tenant, and of its project when its key belongs to one. */
export function owns(caller: Owner, row: Owner): boolean {
  return (
    caller.tenantId === row.tenantId && (caller.projectId === null || caller.projectId === row.projectId)
  );
}

type Owner = Pick<Caller, "tenantId" | "projectId">;

/** Rows that a caller may see. */
export function ownFilters({ tenantId, projectId }: Owner) {
  return { tenantId, projectId: projectId ?? undefined };
}

/**
 * Every line is paid for from the caller's budgets when its turn comes; a batch that could not even begin is refused at once.
 * @throws TokenHubError `budget_exceeded`
 */
export async function requireBudget(
  { budgets }: Pick<BatchDeps, "budgets">,
  { caller, requestId }: { readonly caller: Caller; readonly requestId: string },
): Promise<void> {
  const reservation = await budgets.reserve(caller.budgets, { requestId, costUsd: 0, mustFit: true });
  reservation?.release();
}

/** @throws TokenHubError `rate_limited` */
export function refuseSurplus(mostOpen: number): never {
  throw new TokenHubError(
    "rate_limited",
    `You have ${mostOpen} batches that have not ended, and more are not taken. Wait until one ends, or cancel one.`,
    { retryAfterMs: 30_000 },
  );
}
