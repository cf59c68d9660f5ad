import type { CanonicalOutput, CanonicalReasoning, CanonicalSampling, SystemMessage } from "../canonical.ts";
import { invalidRequest } from "../invalid-request.ts";
import {
  isJsonObject,
  listOf,
  numberOf,
  objectOf,
  objectsOf,
  textOf,
  type JsonObject,
} from "../json-value.ts";
import { createWarningList, type WarningList } from "../warning-list.ts";
import type { ParsedRequest } from "../wire-format.ts";
import { parseThinking } from "../thinking-config.ts";
import { parseTextBlocks } from "./parse-content.ts";
import { parseMessages } from "./parse-messages.ts";
import { repairMessages } from "./repair-messages.ts";
import { parseTool, parseToolChoice } from "./parse-tools.ts";

/** Members with a place of their own in the canonical form, and `tokenhub`, which is ours. All others become extras. */
const ownMembers = new Set(
  `model messages system max_tokens stop_sequences stream temperature top_p top_k tools tool_choice thinking
  output_config output_format metadata service_tier tokenhub`.split(/\s+/),
);

/** Reads a Messages request. The system prompt becomes the first message, one block per block. */
export function parseAnthropicMessagesRequest(body: unknown): ParsedRequest {
  if (!isJsonObject(body)) throw invalidRequest("body", "must be a JSON object");
  const warnings = createWarningList();
  const system = parseSystem(body["system"], warnings);
  const { messages } = body;
  const history = Array.isArray(messages) ? repairMessages(messages, warnings) : messages;
  const output = objectOf(body["output_config"]);
  const toolChoice = objectOf(body["tool_choice"]);
  const isSerial = toolChoice?.["disable_parallel_tool_use"];
  return {
    request: {
      model: textOf(body["model"]),
      stream: body["stream"] === true,
      messages: [...system, ...parseMessages(history, warnings)],
      tools: objectsOf(body["tools"]).map((tool) => parseTool(tool)),
      toolChoice: toolChoice === null ? null : parseToolChoice(toolChoice),
      parallelToolCalls: typeof isSerial === "boolean" ? !isSerial : null,
      output: parseOutput(objectOf(output?.["format"]) ?? objectOf(body["output_format"]), warnings),
      maxOutputTokens: numberOf(body["max_tokens"]),
      stopSequences: listOf(body["stop_sequences"]).filter((sequence) => typeof sequence === "string"),
      sampling: parseSampling(body),
      reasoning: parseReasoning(body["thinking"], textOf(output?.["effort"])),
      endUserId: textOf(objectOf(body["metadata"])?.["user_id"]),
      metadata: null,
      serviceTier: body["service_tier"] === "standard_only" ? "default" : textOf(body["service_tier"]),
      includeUsage: null,
      echoesPrompt: false,
      extras: { format: "anthropic-messages", members: parseExtras(body) },
    },
    warnings: warnings.list(),
  };
}

function parseSystem(system: unknown, warnings: WarningList): SystemMessage[] {
  const content = parseTextBlocks(system, warnings);
  return content.length === 0 ? [] : [{ role: "system", variant: "system", content, name: null }];
}

function parseSampling(body: JsonObject): CanonicalSampling {
  return {
    temperature: numberOf(body["temperature"]),
    topP: numberOf(body["top_p"]),
    topK: numberOf(body["top_k"]),
    seed: null,
    frequencyPenalty: null,
    presencePenalty: null,
    logitBias: null,
    logprobs: null,
    topLogprobs: null,
    choiceCount: null,
  };
}

function parseReasoning(thinking: unknown, effort: string | null): CanonicalReasoning | null {
  const parsed = parseThinking(thinking);
  if (parsed !== null) return { ...parsed, effort };
  return effort === null ? null : { mode: "unspecified", effort, budgetTokens: null, display: null };
}

function parseOutput(format: JsonObject | null, warnings: WarningList): CanonicalOutput | null {
  if (format === null) return null;
  const schema = objectOf(format["schema"]);
  if (format["type"] !== "json_schema" || schema === null) {
    warnings.add("`output_config.format` is not known; the answer's format was left open.");
    return null;
  }
  return { type: "json-schema", name: null, description: null, schema, strict: true };
}

/** Unknown members, and those of `metadata`, `output_config` and `thinking` that the canonical form has no place for. */
function parseExtras(body: JsonObject): JsonObject {
  const entries = Object.entries(body).filter(
    ([key, value]) => !ownMembers.has(key) && value !== null && value !== undefined,
  );
  const metadata = without(objectOf(body["metadata"]), ["user_id"]);
  if (metadata !== null) entries.push(["metadata", metadata]);
  const output = without(objectOf(body["output_config"]), ["effort", "format"]);
  if (output !== null) entries.push(["output_config", output]);
  const thinking = objectOf(body["thinking"]);
  if (thinking !== null && parseThinking(thinking) === null) entries.push(["thinking", thinking]);
  return Object.fromEntries(entries);
}

function without(object: JsonObject | null, keys: readonly string[]): JsonObject | null {
  const entries = Object.entries(object ?? {}).filter(
    ([key, value]) => !keys.includes(key) && value !== null,
  );
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
