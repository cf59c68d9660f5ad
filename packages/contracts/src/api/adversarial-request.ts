import { z } from "zod";
import { maxIterations } from "./orchestration-request.ts";

/** Body of `POST /v1/adversarial`. */
export const adversarialRequestSchema = z
  .looseObject({
    prompt: z.string().min(1, "must not be empty"),
    planner_model: z
      .string()
      .max(300)
      .nullish()
      .meta({ description: "Model or alias that plans and refines; absent: the router picks." }),
    critic_model: z.string().max(300).nullish().meta({ description: "Model or alias that criticises." }),
    iterations: z
      .int()
      .min(0)
      .max(maxIterations)
      .nullish()
      .meta({ description: "Rounds of critique and refinement; absent or 0: one." }),
  })
  .meta({ id: "AdversarialRequest" });

/** What `POST /v1/adversarial` answers; these names and no others. */
export const adversarialAnswerSchema = z
  .strictObject({
    original_prompt: z.string(),
    initial_plan: z.string(),
    critique: z.string(),
    refined_plan: z.string(),
    total_tokens: z.int().nonnegative(),
  })
  .meta({ id: "AdversarialAnswer" });
export type AdversarialAnswer = z.infer<typeof adversarialAnswerSchema>;
