import type { RunReport } from "@tokenhub/orchestration";
import type { AnswerEncoder } from "../../sync/generation-endpoint.ts";
import { firstChoiceOf } from "./first-choice.ts";

/** The flat answer: text, model, tokens of the final call and why it ended; for an adversarial run also its phases. */
export const encodeLegacyAnswer: AnswerEncoder = ({ text, result, run }) => {
  const choice = firstChoiceOf(JSON.parse(text));
  const usage = result.usage;
  const total = choice.totalTokens ?? (usage === null ? 0 : usage.inputTokens + usage.outputTokens);
  return JSON.stringify({
    response: choice.text,
    model: result.modelId,
    tokens_used: run === null ? total : (tokensOfFinalCall(run) ?? total),
    finish_reason: choice.finishReason ?? "stop",
    ...(run?.mode === "adversarial" ? { adversarial: adversarialOf(run, choice.text) } : {}),
  });
};

/** Null when no call said what it used. */
function tokensOfFinalCall({ phases, result }: RunReport): number | null {
  const final = phases.findLast(({ status, output }) => status === "succeeded" && output === result);
  if (final === undefined || final.input_tokens === null || final.output_tokens === null) return null;
  return final.input_tokens + final.output_tokens;
}

/** `critique` is the latest one; `iterations` counts the plan and its refinements, as a text. */
function adversarialOf({ artefacts }: RunReport, finalText: string) {
  const { initial_plan, critique, refinements } = artefacts;
  const refined = Array.isArray(refinements) ? refinements : [];
  return {
    final_response: finalText,
    iterations: String(1 + refined.length),
    initial_plan: initial_plan ?? finalText,
    critique: critique ?? null,
    refinements: refined,
  };
}
