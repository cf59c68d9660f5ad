import { adversarialRequestSchema, type AdversarialAnswer } from "@tokenhub/contracts/api";
import { validateBody } from "../../http/validate-body.ts";
import { namedModel, plainWish } from "../../orchestration/orchestration-wish.ts";
import type { AnswerEncoder, GenerationEndpoint } from "../../sync/generation-endpoint.ts";
import { firstChoiceOf } from "../chat/first-choice.ts";

const temperature = 0.7;
/** Output tokens of each phase, and how freely its model may choose its words. */
const options = {
  max_tokens: { plan: 1_000, critique: 1_000, refine: 1_500 },
  temperature: { plan: temperature, critique: temperature, refine: temperature },
};

/** One prompt is planned, criticised and refined; the answer has exactly five members, and the run's id in a header. */
export const adversarialEndpoint: GenerationEndpoint = {
  path: "/v1/adversarial",
  operation: "chat",
  scope: "plan",
  read(body) {
    validateBody(adversarialRequestSchema, body);
    const { prompt, planner_model, critic_model, iterations } = adversarialRequestSchema.parse(body);
    const forwarded = { messages: [{ role: "user", content: prompt }] };
    return {
      wireFormat: "openai-chat",
      body: forwarded,
      bodyText: JSON.stringify(forwarded),
      wishes: {},
      estimatedInputTokens: null,
      needs: [],
      answer: { outputFormat: undefined, outputSchema: undefined, includeDecision: false },
      orchestration: {
        ...plainWish,
        mode: "adversarial",
        isModeFixed: true,
        iterations: iterations ?? 0,
        primary: { modelId: namedModel(planner_model), minWeight: null, field: "planner_model" },
        review: { modelId: namedModel(critic_model), minWeight: null, field: "critic_model" },
        // The answer has a refined plan, so there is always one.
        stopsWhenAccepted: false,
        options,
      },
      encodeAnswer: encodeAdversarialAnswer(prompt),
    };
  },
};

function encodeAdversarialAnswer(prompt: string): AnswerEncoder {
  return ({ text, run }) => {
    const refinedPlan = firstChoiceOf(JSON.parse(text)).text;
    const { initial_plan: initialPlan, critique } = run?.artefacts ?? {};
    return JSON.stringify({
      original_prompt: prompt,
      initial_plan: typeof initialPlan === "string" ? initialPlan : refinedPlan,
      critique: typeof critique === "string" ? critique : "",
      refined_plan: refinedPlan,
      total_tokens: run?.total_tokens ?? 0,
    } satisfies AdversarialAnswer);
  };
}
