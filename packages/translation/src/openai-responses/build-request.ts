import type { CanonicalOutput, CanonicalRequest } from "../canonical.ts";
import { objectOf, presentMembers, textOf, type JsonObject } from "../json-value.ts";
import { schemaName } from "../openai-chat/build-request.ts";
import { limitOutputTokens } from "../output-limit.ts";
import { effortForBudget } from "../reasoning-effort.ts";
import { createWarningList, type WarningList } from "../warning-list.ts";
import type { BuildTarget, BuiltRequest } from "../wire-format.ts";
import { buildInput } from "./build-input.ts";
import { buildTools } from "./build-tools.ts";

/** Extras of chat completions that go by the same name here. */
const sharedExtras = ["prompt_cache_key", "prompt_cache_retention"];

interface TargetInput {
  readonly target: BuildTarget;
  readonly warnings: WarningList;
}

/** Writes a Responses request that leaves nothing behind at the vendor. */
export function buildOpenAiResponsesRequest(request: CanonicalRequest, target: BuildTarget): BuiltRequest {
  const warnings = createWarningList();
  const input = { target, warnings };
  const { sampling } = request;
  const extras = readExtras(request);
  warnOfForeignMembers(request, warnings);
  const body = {
    model: target.model,
    input: buildInput(request.messages, { extensions: new Set(target.extensions), warnings }),
    store: false,
    ...(target.stream ? { stream: true } : {}),
    ...presentMembers({
      max_output_tokens: outputLimit(request, input),
      temperature: sampling.temperature,
      top_p: sampling.topP,
      top_logprobs: sampling.topLogprobs,
      include: sampling.logprobs === true ? ["message.output_text.logprobs"] : null,
      text: textMember(request.output, extras.verbosity),
      reasoning: reasoningMember(request, input),
      ...userMembers(request),
      metadata: request.metadata,
      service_tier: request.serviceTier,
    }),
    ...buildTools(request, warnings),
    ...extras.members,
  };
  return { body, warnings: warnings.list() };
}

function outputLimit(request: CanonicalRequest, { target, warnings }: TargetInput): number | null {
  if (request.maxOutputTokens === null) return null;
  return limitOutputTokens(request.maxOutputTokens, { maximum: target.maxOutputTokens, warnings });
}

function textMember(output: CanonicalOutput | null, verbosity: string | null): JsonObject | null {
  const members = presentMembers({ format: outputFormat(output), verbosity });
  return Object.keys(members).length === 0 ? null : members;
}

function outputFormat(output: CanonicalOutput | null): JsonObject | null {
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
      return { type: "json_schema", ...presentMembers({ name, description, schema, strict }) };
    }
  }
}

/** As chat completions write it: an effort as it is, a thinking budget as the nearest effort. */
function reasoningMember(request: CanonicalRequest, { target, warnings }: TargetInput): JsonObject | null {
  const { reasoning } = request;
  if (reasoning === null) return null;
  const accepted = target.features?.reasoningEfforts;
  if (reasoning.mode === "off") {
    if (accepted?.includes("none") === true || request.extras.format !== "anthropic-messages") {
      return { effort: "none" };
    }
    warnings.add("`thinking.type` disabled was left out: the model's default reasoning applies.");
    return null;
  }
  const budget = reasoning.budgetTokens === null ? null : effortForBudget(reasoning.budgetTokens);
  const effort = reasoning.effort ?? budget;
  if (effort === null) return null;
  if (accepted === undefined || accepted.includes(effort)) return { effort };
  warnings.leftOut(`reasoning.effort ${effort}`, "openai-responses");
  return null;
}

function userMembers(request: CanonicalRequest): JsonObject {
  const { format, members } = request.extras;
  const hasBoth = format === "openai-responses" && "user" in members;
  return { [hasBoth ? "safety_identifier" : "user"]: request.endUserId };
}

/** The extras that this format can say, with `verbosity`, which has its place in `text`. */
function readExtras(request: CanonicalRequest): {
  readonly members: JsonObject;
  readonly verbosity: string | null;
} {
  const { format, members } = request.extras;
  const { verbosity, ...others } = members;
  if (format === "openai-responses") return { members: others, verbosity: textOf(verbosity) };
  if (format !== "openai-chat") return { members: {}, verbosity: null };
  const shared = Object.entries(others).filter(([key]) => sharedExtras.includes(key));
  return { members: Object.fromEntries(shared), verbosity: textOf(verbosity) };
}

/** Members of the other formats that Responses has no word for. */
function warnOfForeignMembers(request: CanonicalRequest, warnings: WarningList): void {
  const { sampling, extras } = request;
  const foreign: Readonly<Record<string, boolean>> = {
    stop: request.stopSequences.length > 0,
    top_k: sampling.topK !== null,
    seed: sampling.seed !== null,
    frequency_penalty: (sampling.frequencyPenalty ?? 0) !== 0,
    presence_penalty: (sampling.presencePenalty ?? 0) !== 0,
    logit_bias: Object.keys(objectOf(sampling.logitBias) ?? {}).length > 0,
    n: (sampling.choiceCount ?? 1) !== 1,
  };
  for (const [name, isSaid] of Object.entries(foreign)) {
    if (isSaid) warnings.leftOut(name, "openai-responses");
  }
  if (extras.format === "openai-responses") return;
  const said = extras.format === "openai-chat" ? [...sharedExtras, "verbosity"] : [];
  for (const name of Object.keys(extras.members)) {
    if (!said.includes(name)) warnings.leftOut(name, "openai-responses");
  }
}
