import { TokenHubError } from "@tokenhub/contracts";
import { startOrchestrationRequestSchema, type StartOrchestrationRequest } from "@tokenhub/contracts/api";
import { readWishes, type RoutingWishes } from "../../admission/routing-wishes.ts";
import { validateBody } from "../../http/validate-body.ts";
import { namedModel, plainWish, type OrchestrationWish } from "../../orchestration/orchestration-wish.ts";
import type { EndpointRequest, JsonObject } from "../../sync/generation-endpoint.ts";

/** A body of `POST /v1/orchestrations`, taken apart. */
export interface AskedOrchestration {
  /** With its wish as `orchestration`. */
  readonly read: EndpointRequest;
  /** Null: the door's own. */
  readonly deadlineMs: number | null;
  readonly isBackground: boolean;
  readonly isStream: boolean;
}

/** Members of `parameters` that the door decides itself. */
const ownParameters = new Set(["model", "messages", "stream", "stream_options", "system"]);

/** @throws TokenHubError `invalid_request`, `empty_messages` naming the field at fault. */
export function readStartRequest(body: JsonObject): AskedOrchestration {
  validateBody(startOrchestrationRequestSchema, body);
  const asked = startOrchestrationRequestSchema.parse(body);
  const { messages, parameters, modelHint } = conversationOf(asked);
  const forwarded: JsonObject = { ...parameters, messages };
  const isStream = asked.stream === true || asked.request?.stream === true;
  if (isStream && asked.background === true)
    throw new TokenHubError(
      "invalid_request",
      "`background` answers at once and `stream` follows the run. Send one of them; any run can be followed at /v1/orchestrations/{id}/events.",
      { param: "background" },
    );
  return {
    read: {
      wireFormat: "openai-chat",
      body: forwarded,
      bodyText: JSON.stringify(forwarded),
      wishes: wishesOf(asked),
      estimatedInputTokens: asked.request?.estimated_input_tokens || null,
      needs: [],
      answer: { outputFormat: undefined, outputSchema: undefined, includeDecision: false },
      encodeAnswer: null,
      orchestration: wishOf(asked, modelHint),
    },
    deadlineMs: asked.deadline_ms ?? null,
    isBackground: asked.background === true,
    isStream,
  };
}

function conversationOf({ messages, parameters, request }: StartOrchestrationRequest) {
  if ((messages === undefined) === (request === undefined))
    throw new TokenHubError(
      "invalid_request",
      `The body has ${messages === undefined ? "neither" : "both"} \`messages\` ${messages === undefined ? "nor" : "and"} \`request\`. Send one of them.`,
    );
  if (request !== undefined && parameters != null)
    throw new TokenHubError("invalid_request", "`parameters` belongs into `request` here.", {
      param: "parameters",
    });
  if (request?.output_schema != null)
    throw new TokenHubError(
      "invalid_request",
      "`request.output_schema` is not taken here. POST /v1/plan gives answers in the form of a schema.",
      { param: "request.output_schema" },
    );
  const stated = request?.parameters ?? parameters ?? {};
  return {
    messages: request?.messages ?? messages,
    parameters: Object.fromEntries(Object.entries(stated).filter(([name]) => !ownParameters.has(name))),
    modelHint: request?.model_hint,
  };
}

/** The routing wishes; the budget of a run is that of the request. */
function wishesOf({ policy, max_budget_usd: budgetUsd }: StartOrchestrationRequest): RoutingWishes {
  const wishes = readWishes(policy, { at: "policy" });
  if (budgetUsd) wishes.maxBudgetUsd = budgetUsd;
  return wishes;
}

function wishOf(asked: StartOrchestrationRequest, modelHint: string | null | undefined): OrchestrationWish {
  const { models } = asked;
  const primary = namedModel(models?.primary);
  return {
    ...plainWish,
    mode: asked.mode,
    iterations: asked.iterations ?? 0,
    primary: {
      modelId: primary ?? namedModel(modelHint),
      minWeight: asked.primary_min_weight ?? null,
      field: primary === null && modelHint != null ? "request.model_hint" : "models.primary",
    },
    review: {
      modelId: namedModel(models?.review),
      minWeight: asked.review_min_weight ?? null,
      field: "models.review",
    },
    allowFallback: models?.allow_fallback ?? null,
    planOnly: asked.return_plan_only ?? false,
    stopsWhenAccepted: asked.stop_when_accepted ?? true,
    options: asked.options ?? {},
    fields: { mode: "mode", iterations: "iterations", options: "options" },
  };
}
