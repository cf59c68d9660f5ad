import type { CompletionAnswer, CompletionUsage } from "../built-in/chat-completion.ts";
import { estimatePromptTokens } from "../built-in/estimate-prompt-tokens.ts";
import type { BuiltInCall } from "../definition/provider-definition.ts";
import type { ChatRequest } from "./provider-adapter.ts";

/** Characters of one stream event. */
const pieces = /[\s\S]{1,512}/gu;

/**
 * The answer of a provider class in the form of the OpenAI format; null when it is none, because its text is missing. A
 * class is written by others, so nothing of what it returns is taken on trust.
 */
export function completionOf(
  answer: unknown,
  {
    request,
    call,
  }: { request: ChatRequest; call: Pick<BuiltInCall, "upstreamModel" | "requestId" | "nowMs"> },
): CompletionAnswer | null {
  if (typeof answer !== "object" || answer === null) return null;
  const { content, model, finish_reason } = answer as Record<string, unknown>;
  if (typeof content !== "string") return null;
  return {
    id: call.requestId,
    model: typeof model === "string" && model !== "" ? model : call.upstreamModel,
    createdAtMs: call.nowMs,
    pieces: content.match(pieces) ?? [],
    finishReason: typeof finish_reason === "string" && finish_reason !== "" ? finish_reason : "stop",
    usage: usageOf(answer as Record<string, unknown>, request),
  };
}

/** Null without a total: the caller estimates then. The input's share is what the class says, else an estimate. */
function usageOf(
  { tokens_used, prompt_tokens }: Record<string, unknown>,
  { messages }: ChatRequest,
): CompletionUsage | null {
  if (!isTokenCount(tokens_used)) return null;
  const stated = isTokenCount(prompt_tokens) ? prompt_tokens : estimatePromptTokens(messages);
  const promptTokens = Math.min(tokens_used, stated);
  return { promptTokens, completionTokens: tokens_used - promptTokens };
}

function isTokenCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
