import type { WireFormat } from "../wire-format.ts";
import { buildOpenAiChatRequest } from "./build-request.ts";
import { buildOpenAiChatResponse } from "./build-response.ts";
import { parseOpenAiChatRequest } from "./parse-request.ts";
import { parseOpenAiChatResponse } from "./parse-response.ts";
import { createOpenAiChatStreamReader } from "./stream-reader.ts";
import { createOpenAiChatStreamWriter } from "./stream-writer.ts";

/** OpenAI chat completions, as the vendor and compatible servers speak it. */
export const openAiChat: WireFormat = {
  name: "openai-chat",
  parseRequest: parseOpenAiChatRequest,
  buildRequest: buildOpenAiChatRequest,
  parseResponse: parseOpenAiChatResponse,
  buildResponse: buildOpenAiChatResponse,
  createStreamReader: createOpenAiChatStreamReader,
  createStreamWriter: createOpenAiChatStreamWriter,
};
