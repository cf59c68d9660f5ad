import { TokenHubError } from "@tokenhub/contracts";
import type { HeldKey, KeyPlace } from "@tokenhub/persistence";
import type { Response } from "express";
import type { Caller } from "../admission/caller.ts";

/** Where a caller's key means something: in its tenant, for one path; a project's requests are nobody else's business. */
export function keyPlaceOf(
  { tenantId, projectId }: Pick<Caller, "tenantId" | "projectId">,
  { path, key }: { readonly path: string; readonly key: string },
): KeyPlace {
  return { tenantId, scope: projectId === null ? `POST ${path}` : `POST ${path} ${projectId}`, key };
}

export function keyReused(): TokenHubError {
  return new TokenHubError(
    "idempotency_key_reused",
    "This Idempotency-Key was used with another body, or with other headers that change the result. Send the request as it was the first time, or with a key of its own.",
    { param: "Idempotency-Key" },
  );
}

/** @throws TokenHubError `idempotency_key_reused` */
export function requireSameRequest({ fingerprint }: Pick<HeldKey, "fingerprint">, own: string): void {
  if (fingerprint !== null && fingerprint !== own) throw keyReused();
}

/** Says on an answer until when its key holds, and whether the answer was given before. */
export function setKeyHeaders(
  response: Response,
  { expiresAtMs, isRepeat }: { readonly expiresAtMs: number; readonly isRepeat: boolean },
): void {
  response.setHeader("idempotency-expires", new Date(expiresAtMs).toISOString());
  if (isRepeat) response.setHeader("idempotent-replayed", "true");
}
