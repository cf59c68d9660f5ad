import type { CompletionAnswer, CompletionUsage } from "../built-in/chat-completion.ts";
import { estimatePromptTokens } from "../built-in/estimate-prompt-tokens.ts";
import type { BuiltInCall } from "../definition/provider-definition.ts";

const totalTokens = 50;
const maxPromptTokens = 40;

type MockCall = Pick<BuiltInCall, "upstreamModel" | "requestId" | "nowMs">;

/** `Mock response from <model>`, one piece for each word; its usage adds up to 50 tokens. */
export function mockCompletion(
  request: Record<string, unknown>,
  { upstreamModel, requestId, nowMs }: MockCall,
): CompletionAnswer {
  return {
    id: requestId,
    model: upstreamModel,
    createdAtMs: nowMs,
    pieces: `Mock response from ${upstreamModel}`.match(/\s*\S+/g) ?? [],
    finishReason: "stop",
    usage: usageFor(request),
  };
}

function usageFor(request: Record<string, unknown>): CompletionUsage {
  const promptTokens = Math.min(maxPromptTokens, estimatePromptTokens(request["messages"]));
  return { promptTokens, completionTokens: totalTokens - promptTokens };
}
