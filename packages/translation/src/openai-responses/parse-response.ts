import { TokenHubError } from "@tokenhub/contracts";
import type { AssistantBlock, CanonicalResponse } from "../canonical.ts";
import { objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import { createWarningList } from "../warning-list.ts";
import { readReasoningItem } from "./carried-reasoning.ts";
import { parseResponsesUsage } from "./convert-usage.ts";
import { parseResponseFinish } from "./map-status.ts";
import { parseAssistantParts } from "./parse-content.ts";

/**
 * Reads a Response, leniently: only `output` must be there. What it repeats of the request is not part of the answer.
 * @throws TokenHubError provider_bad_response for what is no response, and for one that failed
 */
export function parseOpenAiResponsesResponse(body: unknown): CanonicalResponse {
  const answer = objectOf(body);
  if (answer === null || !Array.isArray(answer["output"])) {
    throw new TokenHubError("provider_bad_response", "The provider's answer is no response.");
  }
  if (answer["status"] === "failed") {
    const reason = textOf(objectOf(answer["error"])?.["message"]) ?? "It does not say why.";
    throw new TokenHubError("provider_bad_response", `The provider's response failed. ${reason}`);
  }
  const items = objectsOf(answer["output"]);
  const content = items.flatMap((item, position) => parseItem(item, position));
  const hasToolCalls = content.some((block) => block.type === "tool-call");
  const entries = items.flatMap(logprobEntries);
  return {
    id: textOf(answer["id"]),
    model: textOf(answer["model"]),
    content,
    finish: parseResponseFinish(answer, { hasToolCalls }),
    usage: parseResponsesUsage(answer["usage"]),
    serviceTier: textOf(answer["service_tier"]),
    logprobs: entries.length === 0 ? null : { content: entries, refusal: null },
    extras: { format: "openai-responses", members: {} },
  };
}

function parseItem(item: JsonObject, position: number): AssistantBlock[] {
  const type = textOf(item["type"]) ?? "";
  switch (type) {
    case "message":
      return parseAssistantParts(item["content"], createWarningList());
    case "function_call":
    case "custom_tool_call": {
      const isFreeText = type === "custom_tool_call";
      return [
        {
          type: "tool-call",
          id: textOf(item["call_id"]) || textOf(item["id"]) || `call_${position}`,
          name: textOf(item["name"]) ?? "",
          arguments: textOf(item[isFreeText ? "input" : "arguments"]) ?? "",
          isFreeText,
          cacheControl: null,
        },
      ];
    }
    case "reasoning": {
      // Encrypted for the vendor only: what it shows of it is all that anybody else can read.
      const visible = readReasoningItem(item) ?? readReasoningItem({ ...item, encrypted_content: null });
      return visible ?? [];
    }
    default:
      return [{ type: "native", format: "openai-responses", name: type, value: item }];
  }
}

function logprobEntries(item: JsonObject): readonly JsonObject[] {
  if (item["type"] !== "message") return [];
  return objectsOf(item["content"]).flatMap((part) => objectsOf(part["logprobs"]));
}
