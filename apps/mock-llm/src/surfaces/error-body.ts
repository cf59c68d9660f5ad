import { anthropicErrorFields } from "./anthropic-error.ts";
import { openAiErrorFields } from "./openai-error.ts";
import type { ProviderFamily, UpstreamError } from "./upstream-error.ts";

/** The error as the body of a JSON answer. `requestId` shows in Anthropic's shape. */
export function errorBody(
  error: UpstreamError,
  { family, requestId }: { readonly family: ProviderFamily; readonly requestId: string },
): string {
  if (family === "openai") return JSON.stringify({ error: openAiErrorFields(error) });
  return JSON.stringify({ type: "error", error: anthropicErrorFields(error), request_id: requestId });
}
