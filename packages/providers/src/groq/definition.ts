import { defineOpenAiCompatible } from "../openai-compatible/define-openai-compatible.ts";

/** Groq; it serves no embeddings. */
export const groq = defineOpenAiCompatible({
  type: "groq",
  defaultBaseUrl: "https://api.groq.com/openai",
  credential: "required",
  extensions: [
    "reasoning_format",
    "include_reasoning",
    "compound_custom",
    "documents",
    "citation_options",
    "search_settings",
  ],
  servesEmbeddings: false,
  completion: "through_chat",
  responses: "on_request",
  maxTokensField: "max_completion_tokens",
  sendsRequestId: false,
});
