import { TokenHubError } from "@tokenhub/contracts";
import type { AssistantBlock, CanonicalResponse } from "../canonical.ts";
import { objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import { createWarningList } from "../warning-list.ts";
import { parseOpenAiUsage } from "./convert-usage.ts";
import { parseOpenAiFinishReason } from "./map-finish-reason.ts";
import { parseAssistantContent } from "./parse-content.ts";
import { parseLegacyCall, parseToolCalls } from "./parse-messages.ts";
import { parseReasoningBlocks } from "./reasoning-details.ts";

const ownMembers = new Set(["id", "object", "created", "model", "choices", "usage", "service_tier"]);
const nativeMembers = ["audio", "annotations"] as const;

/**
 * Reads a chat completion, leniently: only `choices[].message` must be there. The first choice is the answer.
 * @throws TokenHubError provider_bad_response
 */
export function parseOpenAiChatResponse(body: unknown): CanonicalResponse {
  const answer = objectOf(body);
  const choice = objectsOf(answer?.["choices"])[0];
  const message = objectOf(choice?.["message"]);
  if (answer === null || choice === undefined || message === null) {
    throw new TokenHubError("provider_bad_response", "The provider's answer is no chat completion.");
  }
  const raw = textOf(choice["finish_reason"]);
  const id = textOf(answer["id"]);
  const extras = Object.entries(answer).filter(([key, value]) => !ownMembers.has(key) && value !== null);
  return {
    id,
    model: textOf(answer["model"]),
    content: parseMessage(message, `call_${id ?? "0"}`),
    finish: { reason: parseOpenAiFinishReason(raw), raw, stopSequence: null, explanation: null },
    usage: parseOpenAiUsage(answer["usage"]),
    serviceTier: textOf(answer["service_tier"]),
    logprobs: choice["logprobs"] ?? null,
    extras: { format: "openai-chat", members: Object.fromEntries(extras) },
  };
}

function parseMessage(message: JsonObject, idPrefix: string): AssistantBlock[] {
  const blocks: AssistantBlock[] = [
    ...parseReasoningBlocks(message),
    ...parseAssistantContent(message["content"], createWarningList()),
  ];
  const refusal = textOf(message["refusal"]);
  if (refusal !== null && refusal !== "") blocks.push({ type: "refusal", text: refusal });
  blocks.push(...parseToolCalls(message, idPrefix));
  const legacy = parseLegacyCall(message, `${idPrefix}_0`);
  if (legacy !== null) blocks.push(legacy);
  for (const name of nativeMembers) {
    const value = message[name];
    const isEmpty = value === null || value === undefined || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) blocks.push({ type: "native", format: "openai-chat", name, value });
  }
  return blocks;
}
