import { TokenHubError } from "@tokenhub/contracts";
import { planRequestSchema } from "@tokenhub/contracts/api";
import { readWishes } from "../../admission/routing-wishes.ts";
import { validateBody } from "../../http/validate-body.ts";
import { answerWishesOf, readOrchestration } from "../../orchestration/read-orchestration.ts";
import { plainWish } from "../../orchestration/orchestration-wish.ts";
import type { GenerationEndpoint } from "../../sync/generation-endpoint.ts";
import { chatBodyOf, needsOf } from "../chat/native-request.ts";
import { encodePlanAnswer } from "./encode-plan-answer.ts";

/** An orchestration of any mode, answered with what its phases made. A named model that fails is replaced unless that is forbidden. */
export const planEndpoint: GenerationEndpoint = {
  path: "/v1/plan",
  operation: "chat",
  scope: "plan",
  read(body) {
    validateBody(planRequestSchema, body);
    const { request, capabilities, policy, output_format, include_decision } = planRequestSchema.parse(body);
    if (request.stream === true)
      throw new TokenHubError(
        "invalid_request",
        "`request.stream` must be false: this endpoint answers whole. POST /v1/orchestrations streams.",
        { param: "request.stream" },
      );
    const stated = readOrchestration(body["orchestration"], { at: "orchestration", allowFallback: true });
    const wish = stated.wish ?? { ...plainWish, allowFallback: true };
    const forwarded = chatBodyOf(request);
    return {
      wireFormat: "openai-chat",
      body: forwarded,
      bodyText: JSON.stringify(forwarded),
      wishes: readWishes(policy, { at: "policy" }),
      estimatedInputTokens: request.estimated_input_tokens || null,
      needs: needsOf(capabilities),
      answer: answerWishesOf(stated, {
        outputFormat: output_format ?? undefined,
        outputSchema: request.output_schema ?? undefined,
        includeDecision: include_decision ?? false,
      }),
      orchestration: wish,
      encodeAnswer: encodePlanAnswer({
        clientRequestId: request.id ?? null,
        includeCritique: wish.includeCritique,
      }),
    };
  },
};
