import { defineOpenAiCompatible } from "../openai-compatible/define-openai-compatible.ts";

/** NVIDIA NIM: the hosted catalogue by default, a container of one's own with `base_url`; that one needs no key. */
export const nim = defineOpenAiCompatible({
  type: "nim",
  defaultBaseUrl: "https://integrate.api.nvidia.com",
  credential: "optional",
  extensions: [
    "top_k",
    "min_p",
    "repetition_penalty",
    "min_tokens",
    "ignore_eos",
    "nvext",
    "chat_template_kwargs",
    "guided_json",
    "guided_regex",
    "guided_choice",
    "guided_grammar",
    "input_type",
    "truncate",
  ],
  servesEmbeddings: true,
  completion: "per_model",
  responses: "on_request",
  maxTokensField: "max_tokens",
  sendsRequestId: false,
});
