import type { Operation } from "@tokenhub/contracts";
import { apiUrl } from "../definition/api-url.ts";
import type { HttpRequest, HttpRequestInput, ProviderDefinition } from "../definition/provider-definition.ts";
import { requestHeaders } from "../definition/request-headers.ts";
import { readFailure } from "../failure/read-failure.ts";

export const openAiPaths: Readonly<Record<Operation, string>> = {
  chat: "/chat/completions",
  embeddings: "/embeddings",
};

/** In what one OpenAI-compatible server differs from the next. */
export interface OpenAiCompatibleTraits {
  readonly type: string;
  readonly defaultBaseUrl: string | null;
  readonly credential: "required" | "optional";
  readonly extensions: readonly string[];
  readonly servesEmbeddings: boolean;
  /** Whether our request id is sent as `x-tokenhub-request-id`: to servers of one's own, never to a vendor. */
  readonly sendsRequestId: boolean;
  /** Many servers know only the older `max_tokens`; the option `maxTokensField` overrides it. */
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /** Headers made from the provider's options. */
  readonly optionHeaders?: (options: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

/**
 * A provider that speaks the OpenAI format at `{base}/v1/chat/completions` and `{base}/v1/embeddings` with a Bearer key.
 * The option `apiPrefix` replaces `/v1`.
 */
export function defineOpenAiCompatible(traits: OpenAiCompatibleTraits): ProviderDefinition {
  return {
    type: traits.type,
    wireFormats: openAiWireFormats(traits),
    defaultBaseUrl: traits.defaultBaseUrl,
    credential: traits.credential,
    extensions: traits.extensions,
    features: ({ maxTokensField = traits.maxTokensField }) =>
      maxTokensField === "max_tokens" || maxTokensField === "max_completion_tokens" ? { maxTokensField } : {},
    buildHttpRequest: (input) => buildHttpRequest(input, traits),
    readFailure,
  };
}

/** Chat always, embeddings where served. */
export function openAiWireFormats({
  servesEmbeddings,
}: {
  servesEmbeddings: boolean;
}): ProviderDefinition["wireFormats"] {
  return servesEmbeddings
    ? { chat: "openai-chat", embeddings: "openai-embeddings" }
    : { chat: "openai-chat" };
}

function buildHttpRequest(input: HttpRequestInput, traits: OpenAiCompatibleTraits): HttpRequest {
  const own: Record<string, string> = { ...traits.optionHeaders?.(input.options) };
  if (input.apiKey !== null && input.apiKey !== "") own["authorization"] = `Bearer ${input.apiKey}`;
  if (traits.sendsRequestId) own["x-tokenhub-request-id"] = input.requestId;
  return {
    method: "POST",
    url: apiUrl(input.baseUrl, { path: openAiPaths[input.operation], prefix: input.options["apiPrefix"] }),
    headers: requestHeaders(input, own),
    bodyText: input.bodyText,
  };
}
