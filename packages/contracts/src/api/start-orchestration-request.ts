import { z } from "zod";
import { nativeRequestSchema } from "./native-chat-request.ts";
import { openAiMessageSchema } from "./openai-chat-request.ts";

const modelNameSchema = z.string().min(1).max(256).nullish();

/** Which models play the parts of an orchestration. */
export const orchestrationModelsSchema = z
  .strictObject({
    primary: modelNameSchema.meta({
      description: "Model id or alias of who plans, writes or votes; absent: the router picks.",
    }),
    review: modelNameSchema.meta({
      description: "Model id or alias of who criticises or judges; absent: the router picks another one.",
    }),
    allow_fallback: z
      .boolean()
      .nullish()
      .meta({ description: "Lets other models take the part of a named one that cannot answer." }),
  })
  .meta({ id: "OrchestrationModels" });

/** Body of `POST /v1/orchestrations`. Strict: a misspelt limit would be paid for. */
export const startOrchestrationRequestSchema = z
  .strictObject({
    mode: z
      .string()
      .min(1)
      .max(64)
      .meta({ description: "`planning`, `adversarial`, `vote`, `refine`, or a mode of the operator's own." }),
    messages: z
      .array(openAiMessageSchema)
      .min(1, "empty_messages")
      .optional()
      .meta({ description: "The conversation in the OpenAI chat format. Either this or `request`." }),
    parameters: z
      .record(z.string(), z.unknown())
      .nullish()
      .meta({ description: "Parameters of the OpenAI chat format, beside `messages`." }),
    request: nativeRequestSchema
      .optional()
      .meta({ description: "The conversation as `POST /v1/chat` takes it. Either this or `messages`." }),
    iterations: z
      .int()
      .min(0)
      .max(10)
      .nullish()
      .meta({ description: "Rounds, or voters for `vote`; 0: the mode's default." }),
    models: orchestrationModelsSchema.nullish(),
    primary_min_weight: z.number().nonnegative().nullish(),
    review_min_weight: z.number().nonnegative().nullish(),
    max_budget_usd: z
      .number()
      .min(0)
      .max(100)
      .nullish()
      .meta({ description: "US dollars that all calls together may cost; 0: no limit of its own." }),
    deadline_ms: z
      .int()
      .min(1)
      .max(3_600_000)
      .nullish()
      .meta({ description: "Milliseconds the whole run may take, at most an hour." }),
    stop_when_accepted: z
      .boolean()
      .nullish()
      .meta({ description: "Ends as soon as the reviewer has nothing left to ask for." }),
    return_plan_only: z.boolean().nullish().meta({ description: "`adversarial`: ends with the plan." }),
    options: z
      .record(z.string(), z.json())
      .nullish()
      .meta({ description: "What a mode of the operator's own takes beyond these." }),
    policy: z.record(z.string(), z.unknown()).nullish(),
    background: z
      .boolean()
      .nullish()
      .meta({ description: "Answers 202 at once; as the header `prefer: respond-async`." }),
    stream: z
      .boolean()
      .nullish()
      .meta({ description: "Answers the events of the run, see `GET /v1/orchestrations/{id}/events`." }),
  })
  .meta({ id: "StartOrchestrationRequest" });
export type StartOrchestrationRequest = z.infer<typeof startOrchestrationRequestSchema>;
