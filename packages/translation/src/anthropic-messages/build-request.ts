import type { CanonicalOutput, CanonicalRequest } from "../canonical.ts";
import { objectOf, presentMembers, type JsonObject } from "../json-value.ts";
import { createWarningList, type WarningList } from "../warning-list.ts";
import type { BuildTarget, BuiltRequest } from "../wire-format.ts";
import { compactContent } from "./build-content.ts";
import { buildConversation, formatTurns } from "./build-messages.ts";
import { planThinking, type ThinkingPlan } from "./build-thinking.ts";
import { buildTools } from "./build-tools.ts";
import { closeOutputSchema } from "./output-schema.ts";
import { repairMessages } from "./repair-messages.ts";

/** Stands in for OpenAI's `json_object`, which has no counterpart without a schema. */
const jsonInstruction = "Answer with one valid JSON object and nothing else.";

export function buildAnthropicMessagesRequest(request: CanonicalRequest, target: BuildTarget): BuiltRequest {
  const warnings = createWarningList();
  const midConversationSystem = target.features?.midConversationSystem === true;
  const { system, turns } = buildConversation(request.messages, { midConversationSystem, warnings });
  const messages = repairMessages(formatTurns(turns), warnings);
  if (request.extras.format !== "anthropic-messages" && objectOf(messages.at(-1))?.["role"] === "assistant") {
    warnings.add(
      "The conversation ends with an assistant message: anthropic-messages continues it instead of answering it.",
    );
  }
  if (request.output?.type === "json") {
    warnings.add("`response_format` json_object was expressed as a system instruction.");
    system.push({ type: "text", text: jsonInstruction });
  }
  const plan = planThinking(request, { target, turns, warnings });
  const extras = request.extras.format === "anthropic-messages" ? request.extras.members : {};
  const body = {
    ...extras,
    model: target.model,
    max_tokens: plan.maxTokens,
    ...(system.length > 0 ? { system: compactContent(system) } : {}),
    messages,
    ...(target.stream ? { stream: true } : {}),
    ...presentMembers({
      ...samplingMembers(request, { plan, target, warnings }),
      stop_sequences: stopSequences(request, warnings),
      metadata: merged(extras["metadata"], { user_id: request.endUserId }),
      service_tier: serviceTier(request.serviceTier, warnings),
      thinking: plan.thinking ?? extras["thinking"],
      output_config: merged(extras["output_config"], {
        effort: plan.effort,
        format: outputFormat(request.output, warnings),
      }),
    }),
    ...buildTools(request, warnings),
  };
  warnOfForeignMembers(request, warnings);
  return { body, warnings: warnings.list() };
}

function merged(extras: unknown, members: JsonObject): JsonObject | null {
  const all = { ...objectOf(extras), ...presentMembers(members) };
  return Object.keys(all).length === 0 ? null : all;
}

interface SamplingInput {
  readonly plan: ThinkingPlan;
  readonly target: BuildTarget;
  readonly warnings: WarningList;
}

/** Temperature goes to 1 here, not 2. Thinking allows no temperature, no top_k and a top_p from 0.95 to 1 only. */
function samplingMembers(request: CanonicalRequest, input: SamplingInput): JsonObject {
  const { warnings } = input;
  const { temperature, topP, topK } = request.sampling;
  const members = presentMembers({
    temperature: clampTemperature(temperature, warnings),
    top_p: topP,
    top_k: topK,
  });
  if (input.target.features?.samplingParameters === false) {
    for (const name of Object.keys(members)) warnings.leftOut(name, "anthropic-messages");
    return {};
  }
  if (!input.plan.isThinking) return members;
  const refused = {
    temperature: temperature !== null && temperature !== 1,
    top_k: topK !== null,
    top_p: topP !== null && topP < 0.95,
  };
  for (const [name, isRefused] of Object.entries(refused)) {
    if (!isRefused) continue;
    delete members[name];
    warnings.add(`\`${name}\` was left out: anthropic-messages does not take it together with thinking.`);
  }
  return members;
}

function clampTemperature(temperature: number | null, warnings: WarningList): number | null {
  if (temperature === null || temperature <= 1) return temperature;
  warnings.add(`\`temperature\` was lowered from ${temperature} to 1, the most anthropic-messages takes.`);
  return 1;
}

function stopSequences(request: CanonicalRequest, warnings: WarningList): string[] | null {
  const kept = request.stopSequences.filter((sequence) => sequence.trim() !== "");
  if (kept.length < request.stopSequences.length) {
    warnings.add("A stop sequence of white space only was left out: anthropic-messages refuses it.");
  }
  return kept.length === 0 ? null : kept;
}

/** `auto` may use priority capacity, `standard_only` may not; the other tiers are OpenAI's own. */
function serviceTier(tier: string | null, warnings: WarningList): string | null {
  switch (tier) {
    case null:
    case "auto":
      return tier;
    case "default":
      return "standard_only";
    case "priority":
      warnings.add(
        "`service_tier` priority was written as auto, which uses priority capacity where there is some.",
      );
      return "auto";
    default:
      warnings.leftOut(`service_tier ${tier}`, "anthropic-messages");
      return null;
  }
}

/** The schema's name and description become its `title` and `description`, so that nothing is lost. */
function outputFormat(output: CanonicalOutput | null, warnings: WarningList): JsonObject | null {
  if (output?.type !== "json-schema") return null;
  const { name, description, strict } = output;
  if (strict === false) {
    warnings.add(
      "`response_format.json_schema.strict` false was left out: anthropic-messages always enforces a schema.",
    );
  }
  const { schema, isChanged } = closeOutputSchema(output.schema);
  if (isChanged) {
    warnings.add(
      "`response_format.json_schema.schema` was closed: `additionalProperties` false was added to its objects.",
    );
  }
  const labels = presentMembers({ title: name, description });
  for (const [key, label] of Object.entries(labels)) {
    if (schema[key] === undefined || schema[key] === label) continue;
    warnings.leftOut(`response_format.json_schema.${key === "title" ? "name" : key}`, "anthropic-messages");
  }
  return { type: "json_schema", schema: { ...labels, ...schema } };
}

/** Members that only the other format has, and values that Anthropic has no word for. */
function warnOfForeignMembers(request: CanonicalRequest, warnings: WarningList): void {
  const { sampling } = request;
  const foreign: Readonly<Record<string, boolean>> = {
    seed: sampling.seed !== null,
    frequency_penalty: (sampling.frequencyPenalty ?? 0) !== 0,
    presence_penalty: (sampling.presencePenalty ?? 0) !== 0,
    logit_bias: Object.keys(sampling.logitBias ?? {}).length > 0,
    logprobs: sampling.logprobs === true,
    top_logprobs: (sampling.topLogprobs ?? 0) !== 0,
    n: (sampling.choiceCount ?? 1) !== 1,
    metadata: Object.keys(request.metadata ?? {}).length > 0,
  };
  for (const [name, isSaid] of Object.entries(foreign)) {
    if (isSaid) warnings.leftOut(name, "anthropic-messages");
  }
  if (request.extras.format === "anthropic-messages") return;
  for (const name of Object.keys(request.extras.members)) warnings.leftOut(name, "anthropic-messages");
}
