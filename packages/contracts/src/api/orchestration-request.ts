import { z } from "zod";

/** Most rounds, or voters, that one request may ask for; directives may ask for half as many. */
export const maxIterations = 10;

const modelIdSchema = z.string().max(300).nullish();
const weightSchema = z.number().nonnegative().nullish();

/** How a request is orchestrated: the member `orchestration` of `POST /v1/plan` and others. */
export const orchestrationRequestSchema = z
  .looseObject({
    mode: z.string().max(64).nullish().meta({
      description: "`planning` (default), `adversarial`, `vote`, `refine`, or one of the operator's own.",
    }),
    iterations: z.int().min(0).max(maxIterations).nullish().meta({
      description:
        "Rounds, or voters for `vote`; 0: the mode's default (adversarial 1 round, refine 2, vote 3 voters).",
    }),
    primary_model_id: modelIdSchema.meta({
      description:
        "Model or alias that plans, writes and refines, or is the first voter; absent, empty or `*`: the router picks.",
    }),
    review_model_id: modelIdSchema.meta({ description: "Model or alias that criticises or judges." }),
    primary_min_weight: weightSchema,
    review_min_weight: weightSchema,
    allow_fallback: z.boolean().nullish().meta({
      description:
        "Whether the router may take another model when a named one cannot be used. Default: true on `/v1/plan`, elsewhere as the routing wishes say.",
    }),
    stop_when_accepted: z.boolean().nullish().meta({
      description: "Ends the rounds as soon as the reviewer has nothing left to ask for. Default: true.",
    }),
    return_plan_only: z
      .boolean()
      .nullish()
      .meta({ description: "`adversarial`: stops after the plan, before anything is criticised." }),
    include_critique: z
      .boolean()
      .nullish()
      .meta({ description: "false leaves the critique out of the answer. Default: true." }),
    include_decision: z
      .boolean()
      .nullish()
      .meta({ description: "Adds the whole run with every phase, its usage and its cost, to the answer." }),
    output_schema: z
      .union([z.string(), z.boolean(), z.record(z.string(), z.unknown())])
      .nullish()
      .meta({ description: "JSON Schema that the final answer has to fit, as an object or as text." }),
    options: z.record(z.string(), z.json()).nullish().meta({
      description:
        "What a mode takes beyond these. The built-in ones: `max_tokens` and `temperature`, each an object of values by phase.",
    }),
  })
  .meta({ id: "OrchestrationRequest" });
export type OrchestrationRequest = z.infer<typeof orchestrationRequestSchema>;
