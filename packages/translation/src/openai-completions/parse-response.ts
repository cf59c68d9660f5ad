import { TokenHubError } from "@tokenhub/contracts";
import type { CanonicalResponse } from "../canonical.ts";
import { objectOf, objectsOf, textOf } from "../json-value.ts";
import { parseOpenAiUsage } from "../openai-chat/convert-usage.ts";
import { parseOpenAiFinishReason } from "../openai-chat/map-finish-reason.ts";
import { parseLegacyLogprobs } from "./legacy-logprobs.ts";

const ownMembers = new Set(["id", "object", "created", "model", "choices", "usage"]);

/**
 * Reads a text completion, leniently: only `choices[].text` must be there. The first choice is the answer.
 * @throws TokenHubError provider_bad_response
 */
export function parseOpenAiCompletionsResponse(body: unknown): CanonicalResponse {
  const answer = objectOf(body);
  const choice = objectsOf(answer?.["choices"])[0];
  const text = textOf(choice?.["text"]);
  if (answer === null || choice === undefined || text === null) {
    throw new TokenHubError("provider_bad_response", "The provider's answer is no text completion.");
  }
  const raw = textOf(choice["finish_reason"]);
  const entries = parseLegacyLogprobs(choice["logprobs"]);
  const extras = Object.entries(answer).filter(([key, value]) => !ownMembers.has(key) && value !== null);
  return {
    id: textOf(answer["id"]),
    model: textOf(answer["model"]),
    content: text === "" ? [] : [{ type: "text", text, cacheControl: null, citations: [] }],
    finish: { reason: parseOpenAiFinishReason(raw), raw, stopSequence: null, explanation: null },
    usage: parseOpenAiUsage(answer["usage"]),
    serviceTier: null,
    logprobs: entries.length === 0 ? null : { content: entries, refusal: null },
    extras: { format: "openai-completions", members: Object.fromEntries(extras) },
  };
}
