import type { AnswerEncoder } from "../../sync/generation-endpoint.ts";
import { firstChoiceOf } from "./first-choice.ts";

/** The flat answer: text, model, tokens of the call and why it ended. */
export const encodeLegacyAnswer: AnswerEncoder = ({ text, result }) => {
  const choice = firstChoiceOf(JSON.parse(text));
  const usage = result.usage;
  return JSON.stringify({
    response: choice.text,
    model: result.modelId,
    tokens_used: choice.totalTokens ?? (usage === null ? 0 : usage.inputTokens + usage.outputTokens),
    finish_reason: choice.finishReason ?? "stop",
  });
};
