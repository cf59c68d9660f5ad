import { apiUrl } from "../definition/api-url.ts";
import type {
  GetRequest,
  GetRequestInput,
  HttpRequest,
  HttpRequestInput,
  ProviderDefinition,
  TokenCountInput,
} from "../definition/provider-definition.ts";
import { parseJsonObject } from "../built-in/parse-json-object.ts";
import { readModelList } from "../definition/read-model-list.ts";
import { readTokenCount } from "../definition/read-token-count.ts";
import { getHeaders, requestHeaders } from "../definition/request-headers.ts";
import { readFailure } from "../failure/read-failure.ts";

const defaultVersion = "2023-06-01";
/** From this version on, `temperature`, `top_p` and `top_k` are refused. */
const withoutSampling = "2026-10-21";
const modelsPerPage = 100;

/**
 * The Anthropic Messages API. Option `anthropicVersion` is the `anthropic-version` header; betas are asked for with the
 * configured header `anthropic-beta`.
 */
export const anthropic: ProviderDefinition = {
  type: "anthropic",
  wireFormats: { chat: "anthropic-messages" },
  defaultBaseUrl: "https://api.anthropic.com",
  credential: "required",
  extensions: [],
  capabilities: {
    chat: true,
    completion: "through_chat",
    embeddings: false,
    streaming: true,
    tools: true,
    images: true,
    maxContextTokens: null,
  },
  features: ({ anthropicVersion = defaultVersion }) => ({
    samplingParameters: anthropicVersion < withoutSampling,
  }),
  buildHttpRequest,
  readFailure,
  models: { buildRequest: buildModelsRequest, readPage: readModelList },
  tokenCount: { buildRequest: buildCountRequest, readCount: (json) => readTokenCount(json, "input_tokens") },
};

function buildHttpRequest(input: HttpRequestInput): HttpRequest {
  return {
    method: "POST",
    url: apiUrl(input.baseUrl, { path: "/messages" }),
    headers: requestHeaders(input, ownHeaders(input)),
    bodyText: input.bodyText,
  };
}

function buildModelsRequest(input: GetRequestInput & { pageToken: string | null }): GetRequest {
  const after = input.pageToken === null ? "" : `&after_id=${encodeURIComponent(input.pageToken)}`;
  return {
    url: `${apiUrl(input.baseUrl, { path: "/models" })}?limit=${modelsPerPage}${after}`,
    headers: getHeaders(input, ownHeaders(input)),
  };
}

/** The fields that the counting path knows; it refuses all others. */
const countedFields = ["messages", "system", "tools", "tool_choice", "thinking"];

function buildCountRequest(input: TokenCountInput): HttpRequest | null {
  const body = parseJsonObject(input.bodyText);
  if (body === null) return null;
  const counted = Object.entries(body).filter(([name]) => countedFields.includes(name));
  return {
    method: "POST",
    url: apiUrl(input.baseUrl, { path: "/messages/count_tokens" }),
    headers: requestHeaders({ headers: input.headers, stream: false }, ownHeaders(input)),
    bodyText: JSON.stringify({ model: input.upstreamModel, ...Object.fromEntries(counted) }),
  };
}

function ownHeaders({
  apiKey,
  options,
}: Pick<GetRequestInput, "apiKey" | "options">): Record<string, string> {
  const version = { "anthropic-version": options["anthropicVersion"] ?? defaultVersion };
  return apiKey === null ? version : { ...version, "x-api-key": apiKey };
}
