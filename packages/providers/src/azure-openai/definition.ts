import { apiRoot } from "../definition/api-url.ts";
import type {
  GetRequest,
  GetRequestInput,
  HttpRequest,
  HttpRequestInput,
  ProviderDefinition,
} from "../definition/provider-definition.ts";
import { readModelList } from "../definition/read-model-list.ts";
import { getHeaders, requestHeaders } from "../definition/request-headers.ts";
import { readFailure } from "../failure/read-failure.ts";
import {
  openAiCapabilities,
  openAiPath,
  openAiWireFormats,
} from "../openai-compatible/define-openai-compatible.ts";

const defaultApiVersion = "2024-10-21";
const servicePath = "/openai";
const served = { servesEmbeddings: true, completion: "per_model" } as const;

/**
 * Azure OpenAI: the model is a deployment in the path, the key travels as `api-key`. Option `apiVersion` is the
 * `api-version` of the query. The models it lists are those of the region, deployed or not.
 */
export const azureOpenAi: ProviderDefinition = {
  type: "azure-openai",
  wireFormats: openAiWireFormats(served),
  defaultBaseUrl: null,
  credential: "required",
  extensions: ["data_sources"],
  capabilities: openAiCapabilities(served),
  buildHttpRequest,
  readFailure,
  models: { buildRequest: buildModelsRequest, readPage: readModelList },
};

function buildHttpRequest(input: HttpRequestInput): HttpRequest {
  return {
    method: "POST",
    url: deploymentUrl(input),
    headers: requestHeaders(input, ownHeaders(input.apiKey)),
    bodyText: input.bodyText,
  };
}

function buildModelsRequest(input: GetRequestInput): GetRequest {
  return {
    url: `${serviceUrl(input.baseUrl)}/models${versionQuery(input.options)}`,
    headers: getHeaders(input, ownHeaders(input.apiKey)),
  };
}

function ownHeaders(apiKey: string | null): Record<string, string> {
  return apiKey === null ? {} : { "api-key": apiKey };
}

function deploymentUrl(input: HttpRequestInput): string {
  const { baseUrl, upstreamModel, options } = input;
  const deployment = encodeURIComponent(upstreamModel.toWellFormed());
  const path = `/deployments/${deployment}${openAiPath(input)}`;
  return serviceUrl(baseUrl) + path + versionQuery(options);
}

function serviceUrl(baseUrl: string): string {
  const root = apiRoot(baseUrl);
  return root.endsWith(servicePath) ? root : root + servicePath;
}

function versionQuery(options: Readonly<Record<string, string>>): string {
  return `?api-version=${encodeURIComponent(options["apiVersion"] ?? defaultApiVersion)}`;
}
