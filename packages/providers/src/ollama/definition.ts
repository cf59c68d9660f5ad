import { defineOpenAiCompatible } from "../openai-compatible/define-openai-compatible.ts";

/** Ollama through its OpenAI-compatible paths. */
export const ollama = defineOpenAiCompatible({
  type: "ollama",
  defaultBaseUrl: "http://localhost:11434",
  credential: "optional",
  extensions: [],
  servesEmbeddings: true,
  completion: "native",
  responses: "on_request",
  maxTokensField: "max_tokens",
  sendsRequestId: false,
});
