import { openAiEmbeddingsRequestSchema } from "@tokenhub/contracts";
import type { GenerationEndpoint } from "../../sync/generation-route.ts";

/** OpenAI embeddings over any provider that has them. */
export const embeddingsEndpoint: GenerationEndpoint = {
  path: "/v1/embeddings",
  operation: "embeddings",
  wireFormat: "openai-embeddings",
  bodySchema: openAiEmbeddingsRequestSchema,
};
