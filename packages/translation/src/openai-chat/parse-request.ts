import type { CanonicalOutput, CanonicalReasoning, CanonicalSampling } from "../canonical.ts";
import { invalidRequest } from "../invalid-request.ts";
import {
  booleanOf,
  isJsonObject,
  listOf,
  numberOf,
  objectOf,
  textOf,
  type JsonObject,
} from "../json-value.ts";
import { createWarningList, type WarningList } from "../warning-list.ts";
import type { ParsedRequest } from "../wire-format.ts";
import { parseThinking } from "../thinking-config.ts";
import { parseMessages } from "./parse-messages.ts";
import { parseToolChoice, parseTools } from "./parse-tools.ts";

/** Members with a place of their own in the canonical form, and `tokenhub`, which is ours. All others become extras. */
const ownMembers = new Set(
  `model messages stream stream_options tools tool_choice functions function_call parallel_tool_calls response_format
  max_tokens max_completion_tokens stop temperature top_p top_k seed frequency_penalty presence_penalty logit_bias
  logprobs top_logprobs n reasoning_effort user safety_identifier metadata service_tier tokenhub`.split(
    /\s+/,
  ),
);

/**
 * Reads a chat completion request, legacy `functions`, `function_call` and role `function` included. Anthropic's `thinking`
 * is understood too: clients send it through the OpenAI format to Claude models.
 */
export function parseOpenAiChatRequest(body: unknown): ParsedRequest {
  if (!isJsonObject(body)) throw invalidRequest("body", "must be a JSON object");
  const warnings = createWarningList();
  const streamOptions = objectOf(body["stream_options"]);
  return {
    request: {
      model: textOf(body["model"]),
      stream: body["stream"] === true,
      messages: parseMessages(body["messages"], warnings),
      tools: parseTools(body, warnings),
      toolChoice: parseToolChoice(body, warnings),
      parallelToolCalls: booleanOf(body["parallel_tool_calls"]),
      output: parseOutput(objectOf(body["response_format"]), warnings),
      maxOutputTokens: numberOf(body["max_completion_tokens"]) ?? numberOf(body["max_tokens"]),
      stopSequences: parseStop(body["stop"]),
      sampling: parseSampling(body),
      reasoning: parseReasoning(textOf(body["reasoning_effort"])) ?? parseThinking(body["thinking"]),
      endUserId: textOf(body["safety_identifier"]) ?? textOf(body["user"]),
      metadata: objectOf(body["metadata"]),
      serviceTier: textOf(body["service_tier"]),
      includeUsage: booleanOf(streamOptions?.["include_usage"]),
      echoesPrompt: false,
      extras: { format: "openai-chat", members: parseExtras(body) },
    },
    warnings: warnings.list(),
  };
}

/** What no other format has a member for. Values that only restate the default lose nothing and are not kept. */
function parseExtras(body: JsonObject): JsonObject {
  const entries = Object.entries(body).filter(([key, value]) => {
    if (ownMembers.has(key) || value === null || value === undefined) return false;
    if (key === "thinking") return parseThinking(value) === null || textOf(body["reasoning_effort"]) !== null;
    if (key === "store") return value !== false;
    if (key === "modalities") return !isTextOnly(value);
    return true;
  });
  const obfuscation = objectOf(body["stream_options"])?.["include_obfuscation"];
  if (obfuscation === true) entries.push(["stream_options", { include_obfuscation: true }]);
  // Both name the end user; only one fits where it goes, so a second, different name is reported.
  const user = textOf(body["user"]);
  const identifier = textOf(body["safety_identifier"]);
  if (user !== null && identifier !== null && user !== identifier) entries.push(["user", user]);
  return Object.fromEntries(entries);
}

function isTextOnly(modalities: unknown): boolean {
  const list = listOf(modalities);
  return list.length === 1 && list[0] === "text";
}

/** `stop`: a text or a list of texts. */
export function parseStop(stop: unknown): string[] {
  if (typeof stop === "string") return [stop];
  return listOf(stop).filter((sequence) => typeof sequence === "string");
}

function parseSampling(body: JsonObject): CanonicalSampling {
  return {
    temperature: numberOf(body["temperature"]),
    topP: numberOf(body["top_p"]),
    topK: numberOf(body["top_k"]),
    seed: numberOf(body["seed"]),
    frequencyPenalty: numberOf(body["frequency_penalty"]),
    presencePenalty: numberOf(body["presence_penalty"]),
    logitBias: objectOf(body["logit_bias"]),
    logprobs: booleanOf(body["logprobs"]),
    topLogprobs: numberOf(body["top_logprobs"]),
    choiceCount: numberOf(body["n"]),
  };
}

function parseReasoning(effort: string | null): CanonicalReasoning | null {
  if (effort === null) return null;
  const isOff = effort === "none";
  return { mode: isOff ? "off" : "on", effort: isOff ? null : effort, budgetTokens: null, display: null };
}

function parseOutput(format: JsonObject | null, warnings: WarningList): CanonicalOutput | null {
  switch (format?.["type"]) {
    case undefined:
      return null;
    case "text":
      return { type: "text" };
    case "json_object":
      return { type: "json" };
    case "json_schema": {
      const schema = objectOf(format["json_schema"]);
      return {
        type: "json-schema",
        name: textOf(schema?.["name"]),
        description: textOf(schema?.["description"]),
        schema: objectOf(schema?.["schema"]) ?? {},
        strict: booleanOf(schema?.["strict"]),
      };
    }
    default:
      warnings.add("`response_format.type` is not known; the answer's format was left open.");
      return null;
  }
}
