import type { Usage } from "@tokenhub/contracts";
import type { AssistantBlock, CanonicalFinish, CanonicalResponse } from "../canonical.ts";
import { objectOf, type JsonObject } from "../json-value.ts";
import type { ResponseContext } from "../wire-format.ts";
import { formatAnthropicUsage } from "./convert-usage.ts";
import { formatAnthropicStopReason } from "./map-stop-reason.ts";
import { encodeToolCallId } from "./tool-call-id.ts";
import { parseToolInput } from "./tool-input.ts";

/** The id that clients see: the request's own, so that both sides can be found by it. */
export function messageId(context: ResponseContext): string {
  return `msg_${context.requestId}`;
}

/** Stands in where the provider did not count; the format has no way to leave usage out. */
export function unknownUsage(estimatedInputTokens: number): Usage {
  return {
    inputTokens: estimatedInputTokens,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    source: "estimated",
  };
}

/** Writes a Message, with every member the vendor's types promise. */
export function buildAnthropicMessagesResponse(
  response: CanonicalResponse,
  context: ResponseContext,
): Record<string, unknown> {
  const { content, finish } = response;
  const extras = response.extras.format === "anthropic-messages" ? response.extras.members : {};
  const hasToolCalls = content.some((block) => block.type === "tool-call");
  const hasRefusal = content.some((block) => block.type === "refusal");
  const stopReason = formatAnthropicStopReason(finish, { hasToolCalls, hasRefusal });
  return {
    container: null,
    diagnostics: null,
    ...extras,
    id: messageId(context),
    type: "message",
    role: "assistant",
    model: context.model,
    content: content.flatMap(formatBlock),
    stop_reason: stopReason,
    stop_sequence: finish.stopSequence,
    stop_details: stopDetails(stopReason, finish),
    usage: formatAnthropicUsage(
      response.usage ?? unknownUsage(context.estimatedInputTokens ?? 0),
      response.serviceTier,
    ),
  };
}

export function stopDetails(stopReason: string, finish: CanonicalFinish): JsonObject | null {
  return stopReason === "refusal"
    ? { type: "refusal", category: null, explanation: finish.explanation }
    : null;
}

/** Blocks as answers carry them; text is never dropped here, and unsigned reasoning is shown with an empty signature. */
function formatBlock(block: AssistantBlock): JsonObject[] {
  switch (block.type) {
    case "text": {
      const citations = block.citations.length > 0 ? block.citations : null;
      return [{ type: "text", text: block.text, citations }];
    }
    case "refusal":
      return [{ type: "text", text: block.text, citations: null }];
    case "reasoning":
      return [{ type: "thinking", thinking: block.text, signature: block.signature ?? "" }];
    case "redacted-reasoning":
      return [{ type: "redacted_thinking", data: block.data }];
    case "tool-call":
      return [
        {
          type: "tool_use",
          id: encodeToolCallId(block.id),
          name: block.name,
          input: block.isFreeText ? { input: block.arguments } : parseToolInput(block.arguments).input,
          caller: { type: "direct" },
        },
      ];
    case "native": {
      const value = objectOf(block.value);
      return block.format === "anthropic-messages" && value !== null ? [value] : [];
    }
    case "image":
    case "document":
      return [];
  }
}
