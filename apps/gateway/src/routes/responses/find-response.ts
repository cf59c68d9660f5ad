import { TokenHubError } from "@tokenhub/contracts";
import type { StoredResponse } from "@tokenhub/persistence";
import type { Request } from "express";
import type { Caller } from "../../admission/caller.ts";
import { isResponseId } from "../../responses/response-ids.ts";
import type { ResponseRouteDeps } from "./response-route-deps.ts";

/** The kept response that a request names, and whose it must be. */
export interface FoundResponse {
  readonly stored: StoredResponse;
  readonly scope: { readonly tenantId: string; readonly projectId?: string };
}

/**
 * Responses of other tenants are not there, nor are those of other projects for a project's key.
 * @throws TokenHubError with a 401, `rate_limited`, `not_found`
 */
export async function findResponse(
  { admission, responses, now }: ResponseRouteDeps,
  request: Request,
): Promise<FoundResponse> {
  const caller = admission.authenticate(request);
  const permit = admission.admit(caller);
  if (permit !== null) await permit;
  const id = String(request.params["id"]);
  const scope = scopeOf(caller);
  const stored = isResponseId(id) ? await responses.get({ id, ...scope, nowMs: now() }) : null;
  if (stored === null) throw unknownResponse();
  return { stored, scope };
}

export function unknownResponse(): TokenHubError {
  return new TokenHubError(
    "not_found",
    "There is no response of this id: it was never kept (`store: false`), was deleted, or is past its time.",
    { param: "response_id" },
  );
}

function scopeOf({ tenantId, projectId }: Caller): FoundResponse["scope"] {
  return projectId === null ? { tenantId } : { tenantId, projectId };
}
