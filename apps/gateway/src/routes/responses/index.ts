import { openAiResponsesRequestSchema } from "@tokenhub/contracts/api";
import type { GenerationEndpoint } from "../../sync/generation-endpoint.ts";
import { readStandardRequest } from "../../sync/read-standard-request.ts";

/** An OpenAI response over any configured provider, whole or streamed. */
export const responsesEndpoint: GenerationEndpoint = {
  path: "/v1/responses",
  operation: "chat",
  scope: "chat",
  read: readStandardRequest({ wireFormat: "openai-responses", bodySchema: openAiResponsesRequestSchema }),
};
