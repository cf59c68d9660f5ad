import type { CallFailure } from "@tokenhub/contracts";
import { callFailure } from "./call-failure.ts";

/**
 * The failure of a call whose caller aborted it. The signal's reason says why: `deadline` (or the `TimeoutError` of
 * `AbortSignal.timeout`) when time ran out, anything else means nobody wants the answer any more.
 */
export function abortFailure(reason: unknown): CallFailure {
  const isDeadline = reason === "deadline" || (reason instanceof Error && reason.name === "TimeoutError");
  if (isDeadline) {
    return callFailure("deadline", {
      code: "deadline_exceeded",
      message: "The request's deadline passed while the provider was being called.",
    });
  }
  return callFailure("cancelled", {
    code: "cancelled",
    message: "The request was cancelled while the provider was being called.",
  });
}
