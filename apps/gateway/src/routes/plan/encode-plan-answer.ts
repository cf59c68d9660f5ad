import { TokenHubError } from "@tokenhub/contracts";
import type { RunReport } from "@tokenhub/orchestration";
import type { AnswerEncoder, JsonObject } from "../../sync/generation-endpoint.ts";
import { firstChoiceOf } from "../chat/first-choice.ts";

export interface PlanAnswerOptions {
  readonly clientRequestId: string | null;
  readonly includeCritique: boolean;
}

/** Who answered, what all calls together cost and used, and the composite of the mode. */
export function encodePlanAnswer({ clientRequestId, includeCritique }: PlanAnswerOptions): AnswerEncoder {
  return ({ text, result, run }) => {
    if (run === null)
      throw new TokenHubError("internal_error", "The orchestration's answer came without its phases.");
    return JSON.stringify({
      id: result.requestId,
      ...(clientRequestId === null ? {} : { client_request_id: clientRequestId }),
      run_id: run.id,
      negotiated_model: result.modelId,
      provider: result.providerId,
      estimated_cost_usd: result.costUsd ?? run.cost_usd ?? run.worst_case_cost_usd,
      routing_reason: run.reason,
      usage: {
        prompt_tokens: run.input_tokens,
        completion_tokens: run.output_tokens,
        total_tokens: run.total_tokens,
      },
      response: compositeOf(run, { completion: JSON.parse(text) as JsonObject, includeCritique }),
    });
  };
}

const critiqueNames = ["critique", "critiques", "critique_sections"];

/**
 * What the phases made, by the public names of each mode; the final text is the one that was shaped and checked.
 *
 *     planning       the chat completion itself
 *     adversarial    {initial_plan, critique, refined_plan, …}; the plan alone with `return_plan_only`
 *     vote           {responses: [{model, content, selected}], selected, judge, judge_reason}
 *     refine         {refined_response, iterations, model, …}
 *     any other      its artefacts, and the final text as `result`
 */
function compositeOf(
  { mode, reason, artefacts }: RunReport,
  { completion, includeCritique }: { readonly completion: JsonObject; readonly includeCritique: boolean },
): unknown {
  const finalText = firstChoiceOf(completion).text;
  switch (mode) {
    case "planning":
      return completion;
    case "adversarial": {
      if (reason === "adversarial-plan-only") return { initial_plan: finalText };
      const shown = Object.entries({ ...artefacts, refined_plan: finalText });
      return Object.fromEntries(shown.filter(([name]) => includeCritique || !critiqueNames.includes(name)));
    }
    case "vote":
      return { ...artefacts, responses: withFinalText(artefacts, finalText) };
    case "refine":
      return { ...artefacts, refined_response: finalText };
    default:
      return { ...artefacts, result: finalText };
  }
}

function withFinalText({ responses, selected }: RunReport["artefacts"], finalText: string): unknown {
  if (!Array.isArray(responses)) return [];
  return responses.map((response, position) =>
    position === selected && typeof response === "object" && response !== null && !Array.isArray(response)
      ? { ...response, content: finalText }
      : response,
  );
}
