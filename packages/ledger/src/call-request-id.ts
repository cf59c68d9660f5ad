import { idPrefixes } from "@tokenhub/contracts";
import { createHash } from "node:crypto";

const digits = 32;

/** The request id of one call of a run: the same call always has the same id, so that sending it twice pays once. */
export function callRequestId(runId: string, callId: string, attempt: number): string {
  const hash = createHash("sha256").update(`${runId}\n${callId}\n${attempt}`).digest("hex");
  return idPrefixes.request + hash.slice(0, digits);
}
