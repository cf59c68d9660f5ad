import { openAiChatRequestSchema } from "@tokenhub/contracts/api";
import type { GenerationEndpoint } from "../../sync/generation-endpoint.ts";
import { readStandardRequest } from "../../sync/read-standard-request.ts";

/** An OpenAI chat completion over any configured provider. */
export const chatCompletionsEndpoint: GenerationEndpoint = {
  path: "/v1/chat/completions",
  operation: "chat",
  scope: "chat",
  read: readStandardRequest({ wireFormat: "openai-chat", bodySchema: openAiChatRequestSchema }),
};
