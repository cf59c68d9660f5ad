import { z } from "zod";

const tokensSchema = z.array(z.int().nonnegative()).min(1);

/** Body of `POST /v1/embeddings`. */
export const openAiEmbeddingsRequestSchema = z
  .looseObject({
    model: z
      .string()
      .nullish()
      .meta({ description: "Model id or alias; absent, empty, `*` or `auto`: the server picks." }),
    input: z.union([
      z.string().min(1),
      z.array(z.string().min(1)).min(1).max(2048),
      tokensSchema,
      z.array(tokensSchema).min(1).max(2048),
    ]),
    dimensions: z.int().positive().nullish(),
    encoding_format: z.enum(["float", "base64"]).nullish(),
    user: z.string().nullish(),
  })
  .meta({ id: "OpenAiEmbeddingsRequest" });
