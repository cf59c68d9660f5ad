import type { CatalogueIndex } from "@tokenhub/routing";
import type { RoutingWishes } from "../admission/routing-wishes.ts";
import type { OrchestrationWish } from "../orchestration/orchestration-wish.ts";
import { requestedOrchestration } from "../orchestration/requested-orchestration.ts";
import { planAnswer, type AnswerPlan } from "../output/answer-plan.ts";
import { demandSchema, isConversation } from "../output/extend-conversation.ts";
import { applyDirectives, directiveWishes, withBody } from "./apply-directives.ts";
import type { EndpointRequest } from "./generation-endpoint.ts";

/** A request as it is forwarded, and what is done to its answer. */
export interface PreparedRequest {
  readonly read: EndpointRequest;
  readonly plan: AnswerPlan;
  /** The orchestration it asks for; null: it is one call. */
  readonly wish: OrchestrationWish | null;
}

export interface Preparation {
  readonly headerWishes: RoutingWishes;
  /** Names of the modes of orchestration. */
  readonly modes: readonly string[];
  readonly index: CatalogueIndex;
}

/**
 * Takes TokenHub's own wishes out of a request's text and makes what is left say to the model what the answer must be.
 * @throws TokenHubError `invalid_directive`, `invalid_request`
 */
export function prepareRequest(asked: EndpointRequest, preparation: Preparation): PreparedRequest {
  const { read: stripped, directives } = applyDirectives(asked);
  const wish = requestedOrchestration({ ...preparation, read: stripped, directives });
  const wishes = { ...stripped.wishes, ...directiveWishes(directives, { isOrchestrated: wish !== null }) };
  const plan = planAnswer(stripped.answer, { directives, isStream: stripped.body["stream"] === true });
  // Each call of an orchestration has a model of its own.
  const { model: _model, ...modelless } = stripped.body;
  const read = wish === null ? { ...stripped, wishes } : { ...withBody(stripped, modelless), wishes };
  const { wireFormat } = read;
  if (plan.schema === undefined || !isConversation(wireFormat)) return { read, plan, wish };
  const body = demandSchema(read.body, { wireFormat, schema: plan.schema, isFinalOnly: wish !== null });
  return { read: withBody(read, body), plan, wish };
}
