import { TokenHubError } from "@tokenhub/contracts";
import type { KeyLookup } from "../access/key-index.ts";
import type { Caller } from "../admission/caller.ts";

/**
 * Who a job runs as: what its key admits now counts, not what it did when the job was accepted. Rates and places are not
 * asked for again.
 * @throws TokenHubError `api_key_disabled` when key, project or tenant may not be used any more.
 */
export function callerOfJob(
  keys: Pick<KeyLookup, "key" | "tenant" | "project">,
  {
    tenantId,
    projectId,
    keyId,
  }: { readonly tenantId: string; readonly projectId: string | null; readonly keyId: string | null },
): Caller {
  const key = keyId === null ? null : keys.key(keyId);
  const project = projectId === null ? null : keys.project(projectId);
  const isOff =
    keys.tenant(tenantId)?.enabled === false || project?.enabled === false || key?.enabled === false;
  if (key === undefined || project === undefined || isOff)
    throw new TokenHubError(
      "api_key_disabled",
      "The API key that submitted this job, its project or its tenant is disabled or was deleted since. Ask the operator to enable it, and submit the job again.",
    );
  return {
    tenantId,
    projectId,
    keyId,
    scopes: [],
    allowedModels: key?.allowedModels ?? null,
    rates: [],
    places: [],
    budgets: [],
  };
}
