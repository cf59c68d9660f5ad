import type { CanonicalOutput, CanonicalReasoning, CanonicalSampling, SystemMessage } from "../canonical.ts";
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
import { parseInput } from "./parse-input.ts";
import { parseToolChoice, parseTools } from "./parse-tools.ts";

/**
 * Members with a place of their own in the canonical form; those that say how the response is kept and delivered, which is
 * done before a provider is asked; and those of built-in tools, which are not served. All others become extras.
 */
const ownMembers = new Set(
  `model input instructions tools tool_choice parallel_tool_calls temperature top_p max_output_tokens text reasoning
  metadata user safety_identifier service_tier top_logprobs include stream tokenhub
  store background stream_options previous_response_id max_tool_calls`.split(/\s+/),
);

/** Reads a Responses request. The instructions become the first message. */
export function parseOpenAiResponsesRequest(body: unknown): ParsedRequest {
  if (!isJsonObject(body)) throw invalidRequest("body", "must be a JSON object");
  refuseStored(body);
  const warnings = createWarningList();
  const text = objectOf(body["text"]);
  return {
    request: {
      model: textOf(body["model"]),
      stream: body["stream"] === true,
      messages: [...parseInstructions(body["instructions"]), ...parseInput(body["input"], warnings)],
      tools: parseTools(body["tools"], warnings),
      toolChoice: parseToolChoice(body["tool_choice"], warnings),
      parallelToolCalls: booleanOf(body["parallel_tool_calls"]),
      output: parseOutput(objectOf(text?.["format"]), warnings),
      maxOutputTokens: numberOf(body["max_output_tokens"]),
      stopSequences: [],
      sampling: parseSampling(body),
      reasoning: parseReasoning(textOf(objectOf(body["reasoning"])?.["effort"])),
      endUserId: textOf(body["safety_identifier"]) ?? textOf(body["user"]),
      metadata: objectOf(body["metadata"]),
      serviceTier: textOf(body["service_tier"]),
      includeUsage: null,
      echoesPrompt: false,
      extras: { format: "openai-responses", members: parseExtras(body, text) },
    },
    warnings: warnings.list(),
  };
}

/** What is kept at the vendor is known to no other provider. */
function refuseStored(body: JsonObject): void {
  for (const member of ["conversation", "prompt"]) {
    const value = body[member];
    if (value !== null && value !== undefined) {
      throw invalidRequest(member, "names something stored at the vendor: send its content in `input`");
    }
  }
}

function parseInstructions(instructions: unknown): SystemMessage[] {
  const text = textOf(instructions) ?? "";
  if (text === "") return [];
  const content = [{ type: "text" as const, text, cacheControl: null, citations: [] }];
  return [{ role: "system", variant: "system", content, name: null }];
}

function parseSampling(body: JsonObject): CanonicalSampling {
  const topLogprobs = numberOf(body["top_logprobs"]);
  const wantsLogprobs = listOf(body["include"]).includes("message.output_text.logprobs");
  return {
    temperature: numberOf(body["temperature"]),
    topP: numberOf(body["top_p"]),
    topK: null,
    seed: null,
    frequencyPenalty: null,
    presencePenalty: null,
    logitBias: null,
    logprobs: wantsLogprobs || (topLogprobs ?? 0) > 0 ? true : null,
    topLogprobs,
    choiceCount: null,
  };
}

/** Whether reasoning is summarised is not asked: what a provider shows of it is always given. */
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
    case "json_schema":
      return {
        type: "json-schema",
        name: textOf(format["name"]),
        description: textOf(format["description"]),
        schema: objectOf(format["schema"]) ?? {},
        strict: booleanOf(format["strict"]),
      };
    default:
      warnings.add("`text.format.type` is not known; the answer's format was left open.");
      return null;
  }
}

/** What no other format has a member for; values that restate the default lose nothing and are not kept. */
function parseExtras(body: JsonObject, text: JsonObject | null): JsonObject {
  const entries = Object.entries(body).filter(([key, value]) => {
    if (ownMembers.has(key) || value === null || value === undefined) return false;
    return !(key === "truncation" && value === "disabled");
  });
  const verbosity = textOf(text?.["verbosity"]);
  if (verbosity !== null) entries.push(["verbosity", verbosity]);
  // Both name the end user; only one fits where it goes, so a second, different name is reported.
  const user = textOf(body["user"]);
  const identifier = textOf(body["safety_identifier"]);
  if (user !== null && identifier !== null && user !== identifier) entries.push(["user", user]);
  return Object.fromEntries(entries);
}
