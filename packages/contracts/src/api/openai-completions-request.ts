import { z } from "zod";

const promptTextSchema = z.string({ error: "must be text; lists of token ids are not accepted" });

/**
 * Body of `POST /v1/completions`. Token ids are refused: they mean something to one model only, and which model answers is
 * decided later. Without `max_tokens` the limit is the provider's own (OpenAI's is 16 tokens).
 */
export const openAiCompletionsRequestSchema = z
  .looseObject({
    model: z
      .string()
      .nullish()
      .meta({ description: "Model id or alias; absent, empty, `*` or `auto`: the server picks." }),
    prompt: z
      .union([promptTextSchema, z.array(promptTextSchema).min(1, "must hold at least one text").max(2048)], {
        error: "must be a text or a list of texts",
      })
      .meta({
        description: "Several texts are answered by models that serve completions natively; others take one.",
      }),
    max_tokens: z
      .int()
      .nonnegative()
      .nullish()
      .meta({ description: "Absent: the provider's own limit applies (OpenAI's is 16)." }),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    n: z.int().min(1).max(128).nullish(),
    best_of: z.int().min(1).max(128).nullish(),
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
    logprobs: z.int().min(0).max(20).nullish(),
    echo: z.boolean().nullish(),
    suffix: z.string().nullish(),
    stop: z.union([z.string(), z.array(z.string())]).nullish(),
    presence_penalty: z.number().nullish(),
    frequency_penalty: z.number().nullish(),
    logit_bias: z.record(z.string(), z.number()).nullish(),
    seed: z.int().nullish(),
    user: z.string().nullish(),
  })
  .meta({ id: "OpenAiCompletionsRequest" });
