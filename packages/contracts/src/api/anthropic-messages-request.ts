import { z } from "zod";

const contentBlockSchema = z.looseObject({ type: z.string() });

export const anthropicMessageSchema = z
  .looseObject({
    role: z.enum(["user", "assistant", "system"]),
    content: z.union([z.string(), z.array(contentBlockSchema)]),
  })
  .meta({ id: "AnthropicMessage" });

/** A turn in OpenAI's spelling, as agents send it when they switch between APIs: it is rewritten before a provider sees it. */
const assistantToolCallsSchema = z.looseObject({
  role: z.literal("assistant"),
  content: z.null().optional(),
  tool_calls: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).min(1),
});

/** Body of `POST /v1/messages`. */
export const anthropicMessagesRequestSchema = z
  .looseObject({
    model: z
      .string()
      .nullish()
      .meta({ description: "Model id or alias; absent, empty, `*` or `auto`: the server picks." }),
    messages: z.array(z.union([anthropicMessageSchema, assistantToolCallsSchema])).min(1, "empty_messages"),
    max_tokens: z.int().positive(),
    system: z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string() }))]).optional(),
    stop_sequences: z.array(z.string()).nullish(),
    stream: z.boolean().nullish(),
    temperature: z.number().min(0).max(1).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    top_k: z.int().nonnegative().nullish(),
    tools: z
      .array(
        z.looseObject({
          name: z.string(),
          description: z.string().optional(),
          input_schema: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .nullish(),
    tool_choice: z.looseObject({ type: z.string() }).nullish(),
    thinking: z.looseObject({ type: z.string() }).nullish(),
    metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
    service_tier: z.string().nullish(),
  })
  .meta({ id: "AnthropicMessagesRequest" });
