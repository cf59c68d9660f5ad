import { anthropicMessages } from "./anthropic-messages/anthropic-messages.ts";
import { openAiChat } from "./openai-chat/openai-chat.ts";
import { openAiCompletions } from "./openai-completions/openai-completions.ts";
import { openAiResponses } from "./openai-responses/openai-responses.ts";
import type { ChatFormatName, WireFormat } from "./wire-format.ts";

/** The formats that can be translated into each other. */
export const wireFormats: Readonly<Record<ChatFormatName, WireFormat>> = {
  "openai-chat": openAiChat,
  "openai-completions": openAiCompletions,
  "anthropic-messages": anthropicMessages,
  "openai-responses": openAiResponses,
};
