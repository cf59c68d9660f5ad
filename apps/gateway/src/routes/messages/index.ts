import { anthropicMessagesRequestSchema } from "@tokenhub/contracts/api";
import type { GenerationEndpoint } from "../../sync/generation-endpoint.ts";
import { readStandardRequest } from "../../sync/read-standard-request.ts";

/** An Anthropic message over any configured provider. */
export const messagesEndpoint: GenerationEndpoint = {
  path: "/v1/messages",
  operation: "chat",
  scope: "chat",
  read: readStandardRequest({ wireFormat: "anthropic-messages", bodySchema: anthropicMessagesRequestSchema }),
};
