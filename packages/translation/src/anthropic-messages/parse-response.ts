import { TokenHubError } from "@tokenhub/contracts";
import type { AssistantBlock, CanonicalFinish, CanonicalResponse } from "../canonical.ts";
import { objectOf, textOf, type JsonObject } from "../json-value.ts";
import { createWarningList } from "../warning-list.ts";
import { parseAnthropicServiceTier, parseAnthropicUsage } from "./convert-usage.ts";
import { parseAnthropicStopReason } from "./map-stop-reason.ts";
import { parseAssistantContent } from "./parse-messages.ts";

const ownMembers = new Set(
  "id type role model content stop_reason stop_sequence stop_details usage".split(" "),
);

/**
 * Reads a Message, leniently: only the list `content` must be there.
 * @throws TokenHubError provider_bad_response
 */
export function parseAnthropicMessagesResponse(body: unknown): CanonicalResponse {
  const message = objectOf(body);
  if (message === null || message["type"] === "error" || !Array.isArray(message["content"])) {
    throw new TokenHubError("provider_bad_response", "The provider's answer is no message.");
  }
  const extras = Object.entries(message).filter(([key, value]) => !ownMembers.has(key) && value !== null);
  return {
    id: textOf(message["id"]),
    model: textOf(message["model"]),
    content: withIds(parseAssistantContent(message["content"], createWarningList())),
    finish: parseFinish(message),
    usage: parseAnthropicUsage(message["usage"]),
    serviceTier: parseAnthropicServiceTier(objectOf(message["usage"])?.["service_tier"]),
    logprobs: null,
    extras: { format: "anthropic-messages", members: Object.fromEntries(extras) },
  };
}

/** A call that came without id gets `call_<position>`: callers must be able to answer it. */
function withIds(content: readonly AssistantBlock[]): AssistantBlock[] {
  let calls = 0;
  return content.map((block) => {
    if (block.type !== "tool-call") return block;
    calls += 1;
    return block.id === "" ? { ...block, id: `call_${calls - 1}` } : block;
  });
}

/** `stop_reason` and its companions, of a message or of a `message_delta`. */
export function parseFinish(source: JsonObject): CanonicalFinish {
  const raw = textOf(source["stop_reason"]);
  return {
    reason: parseAnthropicStopReason(raw),
    raw,
    stopSequence: textOf(source["stop_sequence"]),
    explanation: textOf(objectOf(source["stop_details"])?.["explanation"]),
  };
}
