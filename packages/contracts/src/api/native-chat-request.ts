import { z } from "zod";
import { openAiMessageSchema } from "./openai-chat-request.ts";
import { orchestrationRequestSchema } from "./orchestration-request.ts";

/** `request` of the native bodies: the conversation and how to call the model. */
export const nativeRequestSchema = z
  .looseObject({
    id: z
      .string()
      .max(200)
      .nullish()
      .meta({ description: "The caller's own id; it comes back in the answer." }),
    messages: z.array(openAiMessageSchema).min(1, "empty_messages"),
    model_hint: z
      .string()
      .nullish()
      .meta({ description: "Model id or alias; absent, empty or `*`: the server picks." }),
    estimated_input_tokens: z.int().nonnegative().max(1_000_000_000).nullish(),
    meta: z.record(z.string(), z.unknown()).nullish().meta({ description: "Never forwarded." }),
    output_schema: z.union([z.record(z.string(), z.unknown()), z.boolean()]).nullish(),
    parameters: z
      .record(z.string(), z.unknown())
      .nullish()
      .meta({ description: "Parameters of the OpenAI chat format, forwarded as they are." }),
    stream: z.boolean().nullish(),
  })
  .meta({ id: "NativeRequest" });

/** Body of `POST /v1/chat` with a `request` member. */
export const nativeChatRequestSchema = z
  .looseObject({
    request: nativeRequestSchema,
    capabilities: z
      .union([z.array(z.string()), z.record(z.string(), z.unknown())])
      .nullish()
      .meta({
        description:
          "Features the model must have: `tools`, `images`, `structured_output`, `reasoning`, as a list or as an object of flags.",
      }),
    policy: z.record(z.string(), z.unknown()).nullish(),
    output_format: z.record(z.string(), z.unknown()).nullish(),
    include_decision: z.boolean().nullish(),
    orchestration: orchestrationRequestSchema.nullish(),
  })
  .meta({ id: "NativeChatRequest" });

/** Body of `POST /v1/chat` with `messages` at its top level, as the product's first generation had it. */
export const legacyChatRequestSchema = z
  .looseObject({
    messages: z.array(openAiMessageSchema).min(1, "empty_messages"),
    model: z.string().nullish(),
    max_tokens: z.int().positive().nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    stream: z.boolean().nullish(),
    orchestration_mode: z.string().max(64).nullish().meta({
      description: "`simple` (default: one call), `adversarial`, `vote`, `refine` or `planning`.",
    }),
    planner_model: z
      .string()
      .max(300)
      .nullish()
      .meta({ description: "Model or alias that plans, writes, or is the first voter." }),
    critic_model: z
      .string()
      .max(300)
      .nullish()
      .meta({ description: "Model or alias that criticises or judges." }),
    enable_refinement: z
      .boolean()
      .nullish()
      .meta({ description: "`adversarial`: refine by the critique. Default: false." }),
    max_refinement_iterations: z.int().min(0).max(10).nullish().meta({
      description: "Rounds of `adversarial` and `refine`; 0 or absent: the mode's default (1 and 2).",
    }),
  })
  .meta({ id: "LegacyChatRequest" });
