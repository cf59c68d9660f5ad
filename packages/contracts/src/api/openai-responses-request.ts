import { z } from "zod";

const itemReferenceProblem =
  "must be an item itself: items are not kept one by one, so send the item, or `previous_response_id`";

/** Parts, items and tools stay open objects: fields we do not know reach a provider of the same format untouched. */
const partSchema = z.looseObject({ type: z.string() });

/** One item of the input: a message (with a role, the type may be absent), a call, its output, a reasoning item. */
const itemSchema = z
  .looseObject({
    type: z
      .string()
      .refine((type) => type !== "item_reference", itemReferenceProblem)
      .nullish(),
    role: z.enum(["system", "developer", "user", "assistant"]).nullish(),
    content: z.union([z.string(), z.array(partSchema)]).nullish(),
    call_id: z.string().nullish(),
  })
  .meta({ id: "OpenAiResponsesItem" });

/** A member that names something stored at the vendor, which no other provider knows. */
function refused(problem: string): z.ZodType<null | undefined> {
  return z.null({ error: problem }).optional();
}

const metadataSchema = z
  .record(z.string().max(64, "must have keys of at most 64 characters"), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, "must hold at most 16 pairs");

/** Body of `POST /v1/responses`. */
export const openAiResponsesRequestSchema = z
  .looseObject({
    model: z
      .string()
      .nullish()
      .meta({ description: "Model id or alias; absent, empty, `*` or `auto`: the server picks." }),
    input: z
      .union([z.string(), z.array(itemSchema).min(1, "must hold at least one item")], {
        error: "must be a text or a list of items",
      })
      .meta({ description: "A text, or messages, function calls and their outputs in order." }),
    instructions: z.string().nullish(),
    tools: z.array(z.looseObject({ type: z.string() })).nullish(),
    tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    max_output_tokens: z.int().positive().nullish(),
    max_tool_calls: z.int().positive().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    text: z
      .looseObject({
        format: z.looseObject({ type: z.enum(["text", "json_object", "json_schema"]) }).nullish(),
        verbosity: z.string().nullish(),
      })
      .nullish(),
    reasoning: z.looseObject({ effort: z.string().nullish(), summary: z.string().nullish() }).nullish(),
    metadata: metadataSchema.nullish(),
    store: z.boolean().nullish(),
    background: z.boolean().nullish(),
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_obfuscation: z.boolean().nullish() }).nullish(),
    previous_response_id: z.string().min(1).nullish(),
    truncation: z.enum(["auto", "disabled"]).nullish(),
    include: z.array(z.string()).nullish(),
    service_tier: z.string().nullish(),
    user: z.string().nullish(),
    safety_identifier: z.string().nullish(),
    prompt_cache_key: z.string().nullish(),
    conversation: refused(
      "conversations are not kept here: send `previous_response_id`, or the items in `input`",
    ),
    prompt: refused("stored prompts are not known here: send their text in `instructions` or `input`"),
  })
  .meta({ id: "OpenAiResponsesRequest" });
