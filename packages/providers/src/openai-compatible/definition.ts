import { defineOpenAiCompatible } from "./define-openai-compatible.ts";

/** Any server that speaks the OpenAI format and has no type of its own here. */
export const openAiCompatible = defineOpenAiCompatible({
  type: "openai-compatible",
  defaultBaseUrl: null,
  credential: "optional",
  extensions: [],
  servesEmbeddings: true,
  completion: "per_model",
  responses: "on_request",
  maxTokensField: "max_tokens",
  sendsRequestId: true,
});
