import type { CanonicalRequest } from "../canonical.ts";
import { presentMembers, type JsonObject } from "../json-value.ts";
import { limitOutputTokens } from "../output-limit.ts";
import { createWarningList, type WarningList } from "../warning-list.ts";
import type { BuildTarget, BuiltRequest } from "../wire-format.ts";
import { buildPrompt } from "./build-prompt.ts";

const stopSequencesMax = 4;
/** The most that OpenAI's completions take; chat goes to 20. */
const topLogprobsMax = 5;

interface BuildInput {
  readonly target: BuildTarget;
  readonly warnings: WarningList;
}

/** Writes a text completion request. A stream always asks for usage, which the ledger needs. */
export function buildOpenAiCompletionsRequest(request: CanonicalRequest, target: BuildTarget): BuiltRequest {
  const warnings = createWarningList();
  const input = { target, warnings };
  const prompt = buildPrompt(request.messages, warnings);
  const isOwn = request.extras.format === "openai-completions";
  const body = {
    model: target.model,
    prompt: prompt.text,
    ...(target.stream ? streamMembers(target) : {}),
    ...presentMembers({
      max_tokens: outputLimit(request, input),
      ...samplingMembers(request, input),
      echo: request.echoesPrompt ? true : null,
      stop: stopSequences([...request.stopSequences, ...prompt.stopSequences], input),
      user: request.endUserId,
    }),
    ...(isOwn ? request.extras.members : {}),
  };
  if (!isOwn) warnOfForeignMembers(request, warnings);
  return { body, warnings: warnings.list() };
}

function streamMembers(target: BuildTarget): JsonObject {
  if (target.features?.streamUsage === false) return { stream: true };
  return { stream: true, stream_options: { include_usage: true } };
}

function outputLimit(request: CanonicalRequest, { target, warnings }: BuildInput): number | null {
  if (request.maxOutputTokens === null) return null;
  return limitOutputTokens(request.maxOutputTokens, { maximum: target.maxOutputTokens, warnings });
}

function samplingMembers(request: CanonicalRequest, input: BuildInput): JsonObject {
  const { sampling } = request;
  const isOwn = request.extras.format === "openai-completions";
  const takesTopK = isOwn || input.target.extensions?.includes("top_k") === true;
  if (sampling.topK !== null && !takesTopK) input.warnings.leftOut("top_k", "openai-completions");
  // A translated answer carries one choice: more of them would be paid for and dropped.
  if (!isOwn && (sampling.choiceCount ?? 1) !== 1) input.warnings.leftOut("n", "openai-completions");
  return {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: takesTopK ? sampling.topK : null,
    seed: sampling.seed,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    logit_bias: sampling.logitBias,
    logprobs: logprobs(request, input.warnings),
    n: isOwn ? sampling.choiceCount : null,
  };
}

function logprobs(request: CanonicalRequest, warnings: WarningList): number | null {
  if (request.sampling.logprobs !== true) return null;
  const wanted = request.sampling.topLogprobs ?? 0;
  if (request.extras.format === "openai-completions" || wanted <= topLogprobsMax) return wanted;
  warnings.add(
    `\`top_logprobs\` was lowered from ${wanted} to ${topLogprobsMax}, the most openai-completions takes.`,
  );
  return topLogprobsMax;
}

function stopSequences(sequences: readonly string[], { target, warnings }: BuildInput): string[] | null {
  const maximum = target.features?.maxStopSequences ?? stopSequencesMax;
  const kept = sequences.slice(0, maximum);
  if (kept.length < sequences.length) {
    warnings.add(`\`stop\` was cut to the ${maximum} that openai-completions takes.`);
  }
  return kept.length === 0 ? null : kept;
}

/** Members of the chat formats that a text completion has no word for. */
function warnOfForeignMembers(request: CanonicalRequest, warnings: WarningList): void {
  const foreign: Readonly<Record<string, boolean>> = {
    tools: request.tools.length > 0,
    response_format: request.output !== null && request.output.type !== "text",
    reasoning_effort: request.reasoning !== null && request.reasoning.mode !== "off",
    metadata: Object.keys(request.metadata ?? {}).length > 0,
    service_tier: request.serviceTier !== null && request.serviceTier !== "auto",
  };
  for (const [name, isSaid] of Object.entries(foreign)) {
    if (isSaid) warnings.leftOut(name, "openai-completions");
  }
  for (const name of Object.keys(request.extras.members)) warnings.leftOut(name, "openai-completions");
}
