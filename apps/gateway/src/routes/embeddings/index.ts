import { openAiEmbeddingsRequestSchema } from "@tokenhub/contracts/api";
import type { GenerationEndpoint } from "../../sync/generation-endpoint.ts";
import { readStandardRequest } from "../../sync/read-standard-request.ts";

/** OpenAI embeddings over any configured provider. */
export const embeddingsEndpoint: GenerationEndpoint = {
  path: "/v1/embeddings",
  operation: "embeddings",
  scope: "embeddings",
  read: readStandardRequest({ wireFormat: "openai-embeddings", bodySchema: openAiEmbeddingsRequestSchema }),
};
