import { anthropicMessagesRequestSchema } from "@tokenhub/contracts";
import type { GenerationEndpoint } from "../../sync/generation-route.ts";

/** An Anthropic message over any configured provider. */
export const messagesEndpoint: GenerationEndpoint = {
  path: "/v1/messages",
  operation: "chat",
  wireFormat: "anthropic-messages",
  bodySchema: anthropicMessagesRequestSchema,
};
