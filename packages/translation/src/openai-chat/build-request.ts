import type { CanonicalOutput, CanonicalRequest } from "../canonical.ts";
import { presentMembers, textOf, type JsonObject } from "../json-value.ts";
import { limitOutputTokens } from "../output-limit.ts";
import { effortForBudget } from "../reasoning-effort.ts";
import { createWarningList, type WarningList } from "../warning-list.ts";
import type { BuildTarget, BuiltRequest } from "../wire-format.ts";
import type { ContentInput } from "./build-content.ts";
import { buildMessages } from "./build-messages.ts";
import { buildTools } from "./build-tools.ts";

const stopSequencesMax = 4;
const schemaNameDefault = "response";
/** Extras of Responses that go by the same name here. */
const responsesExtras = ["verbosity", "prompt_cache_key", "prompt_cache_retention"];

/** Writes a chat completion request. A stream always asks for usage, which the ledger needs. */
export function buildOpenAiChatRequest(request: CanonicalRequest, target: BuildTarget): BuiltRequest {
  const warnings = createWarningList();
  const input = { extensions: new Set(target.extensions), warnings };
  const messages = buildMessages(request.messages, input);
  const body = {
    model: target.model,
    messages,
    ...(target.stream ? streamMembers(target) : {}),
    ...presentMembers({
      [target.features?.maxTokensField ?? "max_completion_tokens"]: outputLimit(request, {
        target,
        warnings,
      }),
      ...samplingMembers(request, input),
      reasoning_effort: reasoningEffort(request, { target, warnings }),
      response_format: responseFormat(request.output),
      stop: stopSequences(request, { target, warnings }),
      ...userMembers(request),
      metadata: request.metadata,
      service_tier: request.serviceTier,
    }),
    ...buildTools(request, input),
    ...prefillMembers(request, input),
    ...extraMembers(request, warnings),
  };
  return { body, warnings: warnings.list() };
}

interface TargetInput {
  readonly target: BuildTarget;
  readonly warnings: WarningList;
}

function streamMembers(target: BuildTarget): JsonObject {
  if (target.features?.streamUsage === false) return { stream: true };
  return { stream: true, stream_options: { include_usage: true } };
}

function outputLimit(request: CanonicalRequest, input: TargetInput): number | null {
  const { target, warnings } = input;
  if (request.maxOutputTokens === null) return null;
  return limitOutputTokens(request.maxOutputTokens, { maximum: target.maxOutputTokens, warnings });
}

function samplingMembers(request: CanonicalRequest, input: ContentInput): JsonObject {
  const { sampling } = request;
  const takesTopK = input.extensions.has("top_k");
  if (sampling.topK !== null && !takesTopK) input.warnings.leftOut("top_k", "openai-chat");
  return {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: takesTopK ? sampling.topK : null,
    seed: sampling.seed,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    logit_bias: sampling.logitBias,
    logprobs: sampling.logprobs,
    top_logprobs: sampling.topLogprobs,
    n: choiceCount(request, input.warnings),
  };
}

/** A translated answer carries one choice: more of them would be paid for and dropped. */
function choiceCount(request: CanonicalRequest, warnings: WarningList): number | null {
  const wanted = request.sampling.choiceCount;
  if (request.extras.format === "openai-chat") return wanted;
  if ((wanted ?? 1) !== 1) warnings.leftOut("n", "openai-chat");
  return null;
}

/**
 * An effort is written as it is, a thinking budget as the nearest of `low`, `medium`, `high` (see `effortForBudget`).
 * Thinking switched off becomes `none` only for models known to take it: the others answer 400.
 */
function reasoningEffort(request: CanonicalRequest, input: TargetInput): string | null {
  const { reasoning } = request;
  const { target, warnings } = input;
  if (reasoning === null) return null;
  const accepted = target.features?.reasoningEfforts;
  if (reasoning.display !== null) warnings.leftOut("thinking.display", "openai-chat");
  if (reasoning.mode === "between-tools") warnings.leftOut("thinking.type between_tools", "openai-chat");
  if (reasoning.mode === "off") {
    const isOpenAis = request.extras.format !== "anthropic-messages";
    if (accepted?.includes("none") === true || isOpenAis) return "none";
    warnings.add("`thinking.type` disabled was left out: the model's default reasoning applies.");
    return reasoning.effort;
  }
  const wanted = reasoning.effort ?? budgetEffort(reasoning.budgetTokens, warnings);
  if (wanted === null || accepted === undefined || accepted.includes(wanted)) return wanted;
  warnings.leftOut(`reasoning_effort ${wanted}`, "openai-chat");
  return null;
}

function budgetEffort(budgetTokens: number | null, warnings: WarningList): string | null {
  if (budgetTokens === null) return null;
  const effort = effortForBudget(budgetTokens);
  warnings.add(`\`thinking.budget_tokens\` was written as \`reasoning_effort\` ${effort}.`);
  return effort;
}

function responseFormat(output: CanonicalOutput | null): JsonObject | null {
  switch (output?.type) {
    case undefined:
      return null;
    case "text":
      return { type: "text" };
    case "json":
      return { type: "json_object" };
    case "json-schema": {
      const { description, schema, strict } = output;
      const name = output.name ?? schemaName(schema);
      return { type: "json_schema", json_schema: presentMembers({ name, description, schema, strict }) };
    }
  }
}

/** OpenAI demands a name of letters, digits, `_` and `-`, at most 64: the schema's title makes the best one. */
export function schemaName(schema: JsonObject): string {
  const name = (textOf(schema["title"]) ?? "").replaceAll(/[^a-zA-Z0-9_-]+/g, "_").slice(0, 64);
  return /[a-zA-Z0-9]/.test(name) ? name : schemaNameDefault;
}

function stopSequences(request: CanonicalRequest, input: TargetInput): string[] | null {
  const maximum = input.target.features?.maxStopSequences ?? stopSequencesMax;
  const kept = request.stopSequences.slice(0, maximum);
  if (kept.length < request.stopSequences.length) {
    input.warnings.add(`\`stop_sequences\` was cut to the ${maximum} that openai-chat takes.`);
  }
  return kept.length === 0 ? null : kept;
}

function userMembers(request: CanonicalRequest): JsonObject {
  const hasBoth = request.extras.format === "openai-chat" && "user" in request.extras.members;
  return { [hasBoth ? "safety_identifier" : "user"]: request.endUserId };
}

/** Anthropic continues a last assistant message. So do servers that can be told to; the others answer it. */
function prefillMembers(request: CanonicalRequest, input: ContentInput): JsonObject {
  const isContinued = request.extras.format === "anthropic-messages";
  if (!isContinued || request.messages.at(-1)?.role !== "assistant") return {};
  if (input.extensions.has("continue_final_message")) {
    return { continue_final_message: true, add_generation_prompt: false };
  }
  input.warnings.add(
    "The conversation ends with an assistant message: openai-chat answers it instead of continuing it.",
  );
  return {};
}

function extraMembers(request: CanonicalRequest, warnings: WarningList): JsonObject {
  const { format, members } = request.extras;
  if (format === "openai-chat") {
    // The stream options are written by this builder; its own members win.
    const { stream_options: _options, ...rest } = members;
    return rest;
  }
  const shared: JsonObject = {};
  for (const [key, value] of Object.entries(members)) {
    if (format === "openai-responses" && responsesExtras.includes(key)) shared[key] = value;
    else warnings.leftOut(key, "openai-chat");
  }
  return shared;
}
