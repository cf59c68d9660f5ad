import type { AssistantBlock, CanonicalResponse } from "../canonical.ts";
import type { JsonObject } from "../json-value.ts";
import type { ResponseContext } from "../wire-format.ts";
import { formatToolCall } from "./build-messages.ts";
import { formatOpenAiUsage } from "./convert-usage.ts";
import { formatOpenAiFinishReason } from "./map-finish-reason.ts";
import { formatReasoningDetails } from "./reasoning-details.ts";

/** The id that clients see: the request's own, so that both sides can be found by it. */
export function completionId(context: ResponseContext): string {
  return `chatcmpl-${context.requestId}`;
}

export function createdSeconds(context: ResponseContext): number {
  return Math.floor(context.createdAtMs / 1_000);
}

/** Writes a chat completion with one choice. Text blocks are joined without a separator: they are pieces of one text. */
export function buildOpenAiChatResponse(
  response: CanonicalResponse,
  context: ResponseContext,
): Record<string, unknown> {
  const extras = response.extras.format === "openai-chat" ? response.extras.members : {};
  return {
    ...extras,
    id: completionId(context),
    object: "chat.completion",
    created: createdSeconds(context),
    model: context.model,
    choices: [
      {
        index: 0,
        message: buildMessage(response),
        logprobs: response.logprobs ?? null,
        finish_reason: formatOpenAiFinishReason(response.finish),
      },
    ],
    ...(response.usage === null ? {} : { usage: formatOpenAiUsage(response.usage) }),
    ...(response.serviceTier === null ? {} : { service_tier: response.serviceTier }),
  };
}

function buildMessage(response: CanonicalResponse): JsonObject {
  const { content } = response;
  const texts = content.filter((block) => block.type === "text").map((block) => block.text);
  const refusals = content.filter((block) => block.type === "refusal").map((block) => block.text);
  const calls = content.filter((block) => block.type === "tool-call").map(formatToolCall);
  const isWithoutText = texts.length === 0 && calls.length + refusals.length > 0;
  const refusal = refusals.length > 0 ? refusals.join("") : response.finish.explanation;
  return {
    role: "assistant",
    content: isWithoutText ? null : texts.join(""),
    refusal,
    ...reasoningMembers(content),
    ...nativeMembers(content),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

function reasoningMembers(content: readonly AssistantBlock[]): JsonObject {
  const details = formatReasoningDetails(content);
  if (details.length === 0) return {};
  const text = details.map((detail) => ("text" in detail ? detail.text : "")).join("");
  // Details add nothing to unsigned text.
  const isPlain = details.every((detail) => detail.type === "reasoning.text" && detail.signature === null);
  return {
    ...(text === "" ? {} : { reasoning_content: text }),
    ...(isPlain && details.length === 1 ? {} : { reasoning_details: details }),
  };
}

function nativeMembers(content: readonly AssistantBlock[]): JsonObject {
  const members: JsonObject = {};
  for (const block of content) {
    if (block.type === "native" && block.format === "openai-chat") members[block.name] = block.value;
  }
  return members;
}
