import { openAiChatRequestSchema } from "@tokenhub/contracts";
import type { GenerationEndpoint } from "../../sync/generation-route.ts";

/** An OpenAI chat completion over any configured provider. */
export const chatCompletionsEndpoint: GenerationEndpoint = {
  path: "/v1/chat/completions",
  operation: "chat",
  wireFormat: "openai-chat",
  bodySchema: openAiChatRequestSchema,
};
