import type { CanonicalSampling } from "../canonical.ts";
import { invalidRequest } from "../invalid-request.ts";
import { booleanOf, isJsonObject, numberOf, objectOf, textOf, type JsonObject } from "../json-value.ts";
import { parseStop } from "../openai-chat/parse-request.ts";
import type { ParsedRequest } from "../wire-format.ts";
import { readPrompt } from "./read-prompt.ts";

/** Members with a place of their own in the canonical form, and `tokenhub`, which is ours. All others become extras. */
const ownMembers = new Set(
  `model prompt stream stream_options max_tokens stop temperature top_p top_k seed frequency_penalty presence_penalty
  logit_bias logprobs n user echo tokenhub`.split(/\s+/),
);

/**
 * Reads a text completion request: its prompt becomes one user message. `logprobs: k` is chat's `logprobs` with
 * `top_logprobs: k`. Without `max_tokens` the target's own default limit applies.
 * @throws TokenHubError invalid_request for a prompt that is not one text, or `max_tokens` 0
 */
export function parseOpenAiCompletionsRequest(body: unknown): ParsedRequest {
  if (!isJsonObject(body)) throw invalidRequest("body", "must be a JSON object");
  if (body["max_tokens"] === 0) {
    throw invalidRequest("max_tokens", "must be at least 1: only native completion models can just score");
  }
  const text = readPrompt(body["prompt"]);
  return {
    request: {
      model: textOf(body["model"]),
      stream: body["stream"] === true,
      messages: [
        { role: "user", content: [{ type: "text", text, cacheControl: null, citations: [] }], name: null },
      ],
      tools: [],
      toolChoice: null,
      parallelToolCalls: null,
      output: null,
      maxOutputTokens: numberOf(body["max_tokens"]),
      stopSequences: parseStop(body["stop"]),
      sampling: parseSampling(body),
      reasoning: null,
      endUserId: textOf(body["user"]),
      metadata: null,
      serviceTier: null,
      includeUsage: booleanOf(objectOf(body["stream_options"])?.["include_usage"]),
      echoesPrompt: body["echo"] === true,
      extras: { format: "openai-completions", members: parseExtras(body) },
    },
    warnings: [],
  };
}

/** What no other format has a member for; values that restate the default lose nothing and are not kept. */
function parseExtras(body: JsonObject): JsonObject {
  const entries = Object.entries(body).filter(([key, value]) => {
    if (ownMembers.has(key) || value === null || value === undefined) return false;
    if (key === "best_of") return value !== 1;
    if (key === "suffix") return value !== "";
    return true;
  });
  return Object.fromEntries(entries);
}

function parseSampling(body: JsonObject): CanonicalSampling {
  const logprobs = numberOf(body["logprobs"]);
  return {
    temperature: numberOf(body["temperature"]),
    topP: numberOf(body["top_p"]),
    topK: numberOf(body["top_k"]),
    seed: numberOf(body["seed"]),
    frequencyPenalty: numberOf(body["frequency_penalty"]),
    presencePenalty: numberOf(body["presence_penalty"]),
    logitBias: objectOf(body["logit_bias"]),
    logprobs: logprobs === null ? null : true,
    topLogprobs: logprobs,
    choiceCount: numberOf(body["n"]),
  };
}
