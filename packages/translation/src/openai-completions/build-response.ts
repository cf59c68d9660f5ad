import type { CanonicalResponse } from "../canonical.ts";
import { createdSeconds } from "../openai-chat/build-response.ts";
import { formatOpenAiUsage } from "../openai-chat/convert-usage.ts";
import { readLogprobEntries } from "../openai-chat/logprob-entries.ts";
import type { ResponseContext } from "../wire-format.ts";
import { formatLegacyLogprobs } from "./legacy-logprobs.ts";
import { formatCompletionFinishReason } from "./map-finish-reason.ts";

/** The id that clients see: the request's own, so that both sides can be found by it. */
export function textCompletionId(context: ResponseContext): string {
  return `cmpl-${context.requestId}`;
}

/**
 * Writes a text completion with one choice: the echoed prompt, if any, then the answer's text. Reasoning and tool calls have
 * no place here; a refusal is text like any other.
 */
export function buildOpenAiCompletionsResponse(
  response: CanonicalResponse,
  context: ResponseContext,
): Record<string, unknown> {
  const echoed = context.echoedPrompt ?? "";
  const texts = response.content.map((block) =>
    block.type === "text" || block.type === "refusal" ? block.text : "",
  );
  const extras = response.extras.format === "openai-completions" ? response.extras.members : {};
  return {
    ...extras,
    id: textCompletionId(context),
    object: "text_completion",
    created: createdSeconds(context),
    model: context.model,
    choices: [
      {
        text: echoed + texts.join(""),
        index: 0,
        logprobs: formatLegacyLogprobs(readLogprobEntries(response.logprobs), echoed.length),
        finish_reason: formatCompletionFinishReason(response.finish.reason),
      },
    ],
    ...(response.usage === null ? {} : { usage: formatOpenAiUsage(response.usage) }),
  };
}
