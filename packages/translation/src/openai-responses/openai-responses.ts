import type { WireFormat } from "../wire-format.ts";
import { buildOpenAiResponsesRequest } from "./build-request.ts";
import { buildOpenAiResponsesResponse } from "./build-response.ts";
import { parseOpenAiResponsesRequest } from "./parse-request.ts";
import { parseOpenAiResponsesResponse } from "./parse-response.ts";
import { createOpenAiResponsesStreamReader } from "./stream-reader.ts";
import { createOpenAiResponsesStreamWriter } from "./stream-writer.ts";

/** OpenAI Responses, without what is stored at the vendor: every request carries its whole input. */
export const openAiResponses: WireFormat = {
  name: "openai-responses",
  parseRequest: parseOpenAiResponsesRequest,
  buildRequest: buildOpenAiResponsesRequest,
  parseResponse: parseOpenAiResponsesResponse,
  buildResponse: buildOpenAiResponsesResponse,
  createStreamReader: createOpenAiResponsesStreamReader,
  createStreamWriter: createOpenAiResponsesStreamWriter,
};
