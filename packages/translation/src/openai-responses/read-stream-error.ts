import type { ProviderStreamError } from "../canonical.ts";
import { objectOf, type JsonObject } from "../json-value.ts";
import { readOpenAiError } from "../provider-stream-error.ts";

/** An `error` event, a response that failed, or an object with `error` as other OpenAI streams have it; null otherwise. */
export function readResponsesError(event: JsonObject, eventName: string | null): ProviderStreamError | null {
  switch (event["type"]) {
    case "error":
      return readOpenAiError(event, "error");
    case "response.failed":
    case "response.cancelled":
      return readOpenAiError(objectOf(objectOf(event["response"])?.["error"]) ?? {}, "error");
    default:
      return readOpenAiError(event, eventName);
  }
}
