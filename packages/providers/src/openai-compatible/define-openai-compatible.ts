import type { Operation } from "@tokenhub/contracts";
import { apiRoot, apiUrl } from "../definition/api-url.ts";
import type {
  GetRequest,
  GetRequestInput,
  HttpRequest,
  HttpRequestInput,
  ProviderCapabilities,
  ProviderDefinition,
  ProviderTraits,
} from "../definition/provider-definition.ts";
import { readModelList } from "../definition/read-model-list.ts";
import { getHeaders, requestHeaders } from "../definition/request-headers.ts";
import { readFailure } from "../failure/read-failure.ts";

const openAiPaths: Readonly<Record<Operation, string>> = {
  chat: "/chat/completions",
  completion: "/completions",
  embeddings: "/embeddings",
};

/** Where below the version a request is sent. */
export function openAiPath({
  operation,
  wireFormat,
}: Pick<HttpRequestInput, "operation" | "wireFormat">): string {
  return wireFormat === "openai-responses" ? "/responses" : openAiPaths[operation];
}

/** In what one OpenAI-compatible server differs from the next. */
export interface OpenAiCompatibleTraits {
  readonly type: string;
  readonly defaultBaseUrl: string | null;
  readonly credential: "required" | "optional";
  readonly extensions: readonly string[];
  readonly servesEmbeddings: boolean;
  /** How text completions are served; see `ProviderCapabilities`. */
  readonly completion: ProviderCapabilities["completion"];
  /** How OpenAI Responses are served; see `ProviderTraits`. */
  readonly responses?: ProviderTraits["responses"];
  /** Whether our request id is sent as `x-tokenhub-request-id`: to servers of one's own, never to a vendor. */
  readonly sendsRequestId: boolean;
  /** Many servers know only the older `max_tokens`; the option `maxTokensField` overrides it. */
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /** Headers made from the provider's options. */
  readonly optionHeaders?: (options: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
  /** Path of a health check below the base URL without `/v1`, e.g. `/health`; the option `healthPath` overrides it. */
  readonly healthPath?: string;
}

/**
 * A provider that speaks the OpenAI format at `{base}/v1/chat/completions`, `/responses`, `/completions`, `/embeddings` and
 * `/models`
 * with a Bearer key. The option `apiPrefix` replaces `/v1`.
 */
export function defineOpenAiCompatible(traits: OpenAiCompatibleTraits): ProviderDefinition {
  return {
    type: traits.type,
    wireFormats: openAiWireFormats(traits),
    responses: traits.responses,
    defaultBaseUrl: traits.defaultBaseUrl,
    credential: traits.credential,
    extensions: traits.extensions,
    capabilities: openAiCapabilities(traits),
    features: ({ maxTokensField = traits.maxTokensField }) =>
      maxTokensField === "max_tokens" || maxTokensField === "max_completion_tokens" ? { maxTokensField } : {},
    buildHttpRequest: (input) => buildHttpRequest(input, traits),
    readFailure,
    models: { buildRequest: (input) => buildModelsRequest(input, traits), readPage: readModelList },
    healthUrl: ({ baseUrl, options }) => healthUrl(baseUrl, { options, healthPath: traits.healthPath }),
  };
}

type ServedTraits = Pick<OpenAiCompatibleTraits, "servesEmbeddings" | "completion">;

/** Chat always, text completions and embeddings where served. */
export function openAiWireFormats({
  servesEmbeddings,
  completion,
}: ServedTraits): ProviderDefinition["wireFormats"] {
  return {
    chat: "openai-chat",
    ...(completion === "through_chat" ? {} : { completion: "openai-completions" as const }),
    ...(servesEmbeddings ? { embeddings: "openai-embeddings" as const } : {}),
  };
}

/** What servers of the OpenAI format can do. */
export function openAiCapabilities({ servesEmbeddings, completion }: ServedTraits): ProviderCapabilities {
  return {
    chat: true,
    completion,
    embeddings: servesEmbeddings,
    streaming: true,
    tools: true,
    images: true,
    maxContextTokens: null,
  };
}

function ownHeaders(
  { apiKey, options }: Pick<GetRequestInput, "apiKey" | "options">,
  traits: OpenAiCompatibleTraits,
): Record<string, string> {
  const own: Record<string, string> = { ...traits.optionHeaders?.(options) };
  if (apiKey !== null && apiKey !== "") own["authorization"] = `Bearer ${apiKey}`;
  return own;
}

function buildHttpRequest(input: HttpRequestInput, traits: OpenAiCompatibleTraits): HttpRequest {
  const own = ownHeaders(input, traits);
  if (traits.sendsRequestId) own["x-tokenhub-request-id"] = input.requestId;
  return {
    method: "POST",
    url: apiUrl(input.baseUrl, { path: openAiPath(input), prefix: input.options["apiPrefix"] }),
    headers: requestHeaders(input, own),
    bodyText: input.bodyText,
  };
}

function buildModelsRequest(input: GetRequestInput, traits: OpenAiCompatibleTraits): GetRequest {
  return {
    url: modelsUrl(input.baseUrl, input.options),
    headers: getHeaders(input, ownHeaders(input, traits)),
  };
}

function modelsUrl(baseUrl: string, options: Readonly<Record<string, string>>): string {
  return apiUrl(baseUrl, { path: "/models", prefix: options["apiPrefix"] });
}

function healthUrl(
  baseUrl: string,
  { options, healthPath }: { options: Readonly<Record<string, string>>; healthPath: string | undefined },
): string {
  const path = options["healthPath"] ?? healthPath;
  return path === undefined ? modelsUrl(baseUrl, options) : apiRoot(baseUrl) + path;
}
