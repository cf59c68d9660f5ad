import { apiRoot } from "../definition/api-url.ts";
import type { HttpRequest, HttpRequestInput, ProviderDefinition } from "../definition/provider-definition.ts";
import { requestHeaders } from "../definition/request-headers.ts";
import { readFailure } from "../failure/read-failure.ts";
import { openAiPaths, openAiWireFormats } from "../openai-compatible/define-openai-compatible.ts";

const defaultApiVersion = "2024-10-21";
const servicePath = "/openai";

/**
 * Azure OpenAI: the model is a deployment in the path, the key travels as `api-key`. Option `apiVersion` is the
 * `api-version` of the query.
 */
export const azureOpenAi: ProviderDefinition = {
  type: "azure-openai",
  wireFormats: openAiWireFormats({ servesEmbeddings: true }),
  defaultBaseUrl: null,
  credential: "required",
  extensions: ["data_sources"],
  buildHttpRequest,
  readFailure,
};

function buildHttpRequest(input: HttpRequestInput): HttpRequest {
  return {
    method: "POST",
    url: deploymentUrl(input),
    headers: requestHeaders(input, input.apiKey === null ? {} : { "api-key": input.apiKey }),
    bodyText: input.bodyText,
  };
}

function deploymentUrl({ baseUrl, operation, upstreamModel, options }: HttpRequestInput): string {
  const root = apiRoot(baseUrl);
  const service = root.endsWith(servicePath) ? root : root + servicePath;
  const deployment = encodeURIComponent(upstreamModel.toWellFormed());
  const version = encodeURIComponent(options["apiVersion"] ?? defaultApiVersion);
  return `${service}/deployments/${deployment}${openAiPaths[operation]}?api-version=${version}`;
}
