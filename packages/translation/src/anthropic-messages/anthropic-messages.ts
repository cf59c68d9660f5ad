import type { WireFormat } from "../wire-format.ts";
import { buildAnthropicMessagesRequest } from "./build-request.ts";
import { buildAnthropicMessagesResponse } from "./build-response.ts";
import { parseAnthropicMessagesRequest } from "./parse-request.ts";
import { parseAnthropicMessagesResponse } from "./parse-response.ts";
import { createAnthropicMessagesStreamReader } from "./stream-reader.ts";
import { createAnthropicMessagesStreamWriter } from "./stream-writer.ts";

/** Anthropic Messages. */
export const anthropicMessages: WireFormat = {
  name: "anthropic-messages",
  parseRequest: parseAnthropicMessagesRequest,
  buildRequest: buildAnthropicMessagesRequest,
  parseResponse: parseAnthropicMessagesResponse,
  buildResponse: buildAnthropicMessagesResponse,
  createStreamReader: createAnthropicMessagesStreamReader,
  createStreamWriter: createAnthropicMessagesStreamWriter,
};
