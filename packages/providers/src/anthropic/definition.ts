import { apiUrl } from "../definition/api-url.ts";
import type { HttpRequest, HttpRequestInput, ProviderDefinition } from "../definition/provider-definition.ts";
import { requestHeaders } from "../definition/request-headers.ts";
import { readFailure } from "../failure/read-failure.ts";

const defaultVersion = "2023-06-01";
/** From this version on, `temperature`, `top_p` and `top_k` are refused. */
const withoutSampling = "2026-10-21";

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
  features: ({ anthropicVersion = defaultVersion }) => ({
    samplingParameters: anthropicVersion < withoutSampling,
  }),
  buildHttpRequest,
  readFailure,
};

function buildHttpRequest(input: HttpRequestInput): HttpRequest {
  const own: Record<string, string> = {
    "anthropic-version": input.options["anthropicVersion"] ?? defaultVersion,
  };
  if (input.apiKey !== null) own["x-api-key"] = input.apiKey;
  return {
    method: "POST",
    url: apiUrl(input.baseUrl, { path: "/messages" }),
    headers: requestHeaders(input, own),
    bodyText: input.bodyText,
  };
}
