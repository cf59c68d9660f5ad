import { defineOpenAiCompatible } from "../openai-compatible/define-openai-compatible.ts";

/** Together AI. */
export const together = defineOpenAiCompatible({
  type: "together",
  defaultBaseUrl: "https://api.together.xyz",
  credential: "required",
  extensions: [
    "top_k",
    "min_p",
    "repetition_penalty",
    "context_length_exceeded_behavior",
    "echo",
    "safety_model",
    "reasoning",
    "chat_template_kwargs",
  ],
  servesEmbeddings: true,
  completion: "native",
  responses: "on_request",
  maxTokensField: "max_tokens",
  sendsRequestId: false,
});
