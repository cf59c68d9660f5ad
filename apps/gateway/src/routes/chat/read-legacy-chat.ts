import type { z } from "zod";
import { legacyChatRequestSchema } from "@tokenhub/contracts/api";
import { readWishes } from "../../admission/routing-wishes.ts";
import { validateBody } from "../../http/validate-body.ts";
import { namedModel, plainWish, type OrchestrationWish } from "../../orchestration/orchestration-wish.ts";
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
  const orchestration = orchestrationOf(legacyChatRequestSchema.parse(body));
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
    ...(orchestration === null ? {} : { orchestration }),
    encodeAnswer: encodeLegacyAnswer,
  };
}

/** Without a mode, or with `simple`, the other fields mean nothing, as in the first generation. */
function orchestrationOf(body: z.infer<typeof legacyChatRequestSchema>): OrchestrationWish | null {
  const mode = body.orchestration_mode ?? "";
  if (mode === "" || mode === "simple") return null;
  return {
    ...plainWish,
    mode,
    // Voters are no refinements.
    iterations: mode === "vote" ? 0 : (body.max_refinement_iterations ?? 0),
    primary: { modelId: namedModel(body.planner_model), minWeight: null, field: "planner_model" },
    review: { modelId: namedModel(body.critic_model), minWeight: null, field: "critic_model" },
    refines: body.enable_refinement ?? false,
    // As many refinements as were asked for: their number is part of the answer.
    stopsWhenAccepted: false,
    fields: {
      mode: "orchestration_mode",
      iterations: "max_refinement_iterations",
      options: "options",
    },
  };
}
