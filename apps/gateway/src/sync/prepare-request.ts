import { planAnswer, type AnswerPlan } from "../output/answer-plan.ts";
import { demandSchema, isConversation } from "../output/extend-conversation.ts";
import { applyDirectives } from "./apply-directives.ts";
import type { EndpointRequest } from "./generation-endpoint.ts";

/** A request as it is forwarded, and what is done to its answer. */
export interface PreparedRequest {
  readonly read: EndpointRequest;
  readonly plan: AnswerPlan;
}

/**
 * Takes TokenHub's own wishes out of a request's text and makes what is left say to the model what the answer must be.
 * @throws TokenHubError `invalid_directive`, `invalid_request`
 */
export function prepareRequest(asked: EndpointRequest): PreparedRequest {
  const { read, directives } = applyDirectives(asked);
  const plan = planAnswer(read.answer, { directives, isStream: read.body["stream"] === true });
  const { wireFormat } = read;
  if (plan.schema === undefined || !isConversation(wireFormat)) return { read, plan };
  const body = demandSchema(read.body, { wireFormat, schema: plan.schema });
  return { read: { ...read, body, bodyText: JSON.stringify(body) }, plan };
}
