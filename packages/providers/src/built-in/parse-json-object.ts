import type { CallFailure } from "@tokenhub/contracts";
import { callFailure } from "../failure/call-failure.ts";

/** Null when the text is no JSON object. */
export function parseJsonObject(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    // A body that is not JSON is answered like a server would: as a bad request.
    return null;
  }
}

/** What a provider inside the process makes of a body that is none. */
export function notJson(): CallFailure {
  return callFailure("bad_request", {
    code: "provider_bad_request",
    message: "The request body is not a JSON object.",
  });
}
