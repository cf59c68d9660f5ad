import { TokenHubError } from "@tokenhub/contracts";
import type { KeyLookup } from "../access/key-index.ts";
import { budgetsOfOwner, type RequestOwner } from "../admission/budgets-of-owner.ts";
import type { Caller } from "../admission/caller.ts";
import { callerOfJob } from "./caller-of-job.ts";

/**
 * Who a job is submitted as that nobody sends just now, such as one of a schedule, or a dead letter once more: its owner, with
 * the models, scopes and budgets the owner has now.
 * @throws TokenHubError `api_key_disabled`, `api_key_expired`.
 */
export function submitterOf(
  keys: Pick<KeyLookup, "key" | "tenant" | "project">,
  owner: RequestOwner,
  nowMs: number,
): Caller {
  const caller = callerOfJob(keys, owner);
  const key = owner.keyId === null ? undefined : keys.key(owner.keyId);
  if (key !== undefined && Math.min(key.expiresAtMs, key.rotationDueAtMs) <= nowMs)
    throw new TokenHubError(
      "api_key_expired",
      "The API key as which the job would run has expired, or was not rotated in time. Rotate it, or give it more time.",
    );
  return { ...caller, scopes: key?.scopes ?? [], budgets: budgetsOfOwner(keys, owner) };
}
