import { legacyChatRequestSchema, TokenHubError } from "@tokenhub/contracts";
import { readWishes } from "../../admission/routing-wishes.ts";
import { validateBody } from "../../http/validate-body.ts";
import type { EndpointRequest, JsonObject } from "../../sync/generation-endpoint.ts";
import { encodeLegacyAnswer } from "./encode-legacy-answer.ts";

/** Policy fields the flat body carries beside the conversation. */
const wishNames = [
  "max_cost_per_1k_tokens",
  "max_cost",
  "min_context_size",
  "prefer_higher_weight",
  "allow_escalation",
  "strategy",
];
const orchestrationNames = [
  "orchestration_mode",
  "planner_model",
  "critic_model",
  "enable_refinement",
  "max_refinement_iterations",
];

/** Reads the flat body; what is neither policy nor orchestration is a parameter of the OpenAI chat format. */
export function readLegacyChat(body: JsonObject): EndpointRequest {
  validateBody(legacyChatRequestSchema, body);
  refuseOrchestration(body["orchestration_mode"]);
  const own = new Set([...wishNames, ...orchestrationNames]);
  const forwarded = Object.fromEntries(Object.entries(body).filter(([name]) => !own.has(name)));
  const stated = Object.fromEntries(
    wishNames.flatMap((name) =>
      body[name] === undefined || body[name] === null ? [] : [[name, body[name]]],
    ),
  );
  return {
    wireFormat: "openai-chat",
    body: forwarded,
    bodyText: JSON.stringify(forwarded),
    wishes: readWishes(stated, { at: "" }),
    estimatedInputTokens: null,
    needs: [],
    answer: { outputFormat: undefined, outputSchema: undefined, includeDecision: false },
    encodeAnswer: encodeLegacyAnswer,
  };
}

function refuseOrchestration(mode: unknown): void {
  if (mode === undefined || mode === null || mode === "" || mode === "simple") return;
  throw new TokenHubError("invalid_request", "`orchestration_mode` must be `simple` on this server.", {
    param: "orchestration_mode",
  });
}
