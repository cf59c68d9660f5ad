import { openAiCompletionsRequestSchema } from "@tokenhub/contracts/api";
import type { GenerationEndpoint } from "../../sync/generation-endpoint.ts";
import { readStandardRequest } from "../../sync/read-standard-request.ts";

/** An OpenAI text completion; models that only chat answer it as a conversation of one message. */
export const completionsEndpoint: GenerationEndpoint = {
  path: "/v1/completions",
  operation: "completion",
  scope: "chat",
  read: readStandardRequest({ wireFormat: "openai-completions", bodySchema: openAiCompletionsRequestSchema }),
};
