import type { WireFormat } from "../wire-format.ts";
import { buildOpenAiCompletionsRequest } from "./build-request.ts";
import { buildOpenAiCompletionsResponse } from "./build-response.ts";
import { parseOpenAiCompletionsRequest } from "./parse-request.ts";
import { parseOpenAiCompletionsResponse } from "./parse-response.ts";
import { createOpenAiCompletionsStreamReader } from "./stream-reader.ts";
import { createOpenAiCompletionsStreamWriter } from "./stream-writer.ts";

/** OpenAI's legacy text completions, as the vendor and compatible servers speak it. */
export const openAiCompletions: WireFormat = {
  name: "openai-completions",
  parseRequest: parseOpenAiCompletionsRequest,
  buildRequest: buildOpenAiCompletionsRequest,
  parseResponse: parseOpenAiCompletionsResponse,
  buildResponse: buildOpenAiCompletionsResponse,
  createStreamReader: createOpenAiCompletionsStreamReader,
  createStreamWriter: createOpenAiCompletionsStreamWriter,
};
