import { parseJsonObject } from "../built-in/parse-json-object.ts";
import { apiRoot } from "../definition/api-url.ts";
import type { HttpRequest, ProviderDefinition, TokenCountInput } from "../definition/provider-definition.ts";
import { readTokenCount } from "../definition/read-token-count.ts";
import { requestHeaders } from "../definition/request-headers.ts";
import { defineOpenAiCompatible } from "../openai-compatible/define-openai-compatible.ts";

const openAiServer = defineOpenAiCompatible({
  type: "vllm",
  defaultBaseUrl: null,
  credential: "optional",
  extensions: [
    "top_k",
    "min_p",
    "repetition_penalty",
    "length_penalty",
    "stop_token_ids",
    "include_stop_str_in_output",
    "ignore_eos",
    "min_tokens",
    "skip_special_tokens",
    "spaces_between_special_tokens",
    "truncate_prompt_tokens",
    "prompt_logprobs",
    "use_beam_search",
    "bad_words",
    "allowed_token_ids",
    "echo",
    "add_generation_prompt",
    "continue_final_message",
    "add_special_tokens",
    "documents",
    "chat_template",
    "chat_template_kwargs",
    "mm_processor_kwargs",
    "structured_outputs",
    "guided_json",
    "guided_regex",
    "guided_choice",
    "guided_grammar",
    "guided_decoding_backend",
    "guided_whitespace_pattern",
    "priority",
    "cache_salt",
    "return_tokens_as_token_ids",
    "return_token_ids",
    "logits_processors",
    "kv_transfer_params",
    "vllm_xargs",
    "include_reasoning",
  ],
  servesEmbeddings: true,
  completion: "native",
  responses: "on_request",
  maxTokensField: "max_tokens",
  sendsRequestId: true,
  healthPath: "/health",
});

/** vLLM's OpenAI-compatible server, with or without a key. Several servers: option `endpoints`, a comma list. */
export const vllm: ProviderDefinition = {
  ...openAiServer,
  tokenCount: { buildRequest: buildCountRequest, readCount: (json) => readTokenCount(json, "count") },
};

/** The fields of a request that its chat template sees. */
const countedFields = [
  "messages",
  "tools",
  "chat_template",
  "chat_template_kwargs",
  "continue_final_message",
];

function buildCountRequest(input: TokenCountInput): HttpRequest | null {
  const body = parseJsonObject(input.bodyText);
  if (body === null) return null;
  const counted = Object.entries(body).filter(([name]) => countedFields.includes(name));
  const own = input.apiKey === null || input.apiKey === "" ? {} : { authorization: `Bearer ${input.apiKey}` };
  return {
    method: "POST",
    url: `${apiRoot(input.baseUrl)}/tokenize`,
    headers: requestHeaders({ headers: input.headers, stream: false }, own),
    bodyText: JSON.stringify({ model: input.upstreamModel, ...Object.fromEntries(counted) }),
  };
}
