import type { CallFailure } from "@tokenhub/contracts";
import type { Pool } from "undici";
import {
  isBuiltIn,
  type BuiltInProvider,
  type HttpRequest,
  type ProviderDefinition,
} from "../definition/provider-definition.ts";
import { abortFailure } from "../failure/abort-failure.ts";
import { callFailure } from "../failure/call-failure.ts";
import { networkFailure } from "../failure/network-failure.ts";
import type { ConnectionPools } from "./connection-pools.ts";
import type { EndpointRotation } from "./endpoint-rotation.ts";
import { Exchange } from "./exchange.ts";
import type { ProviderCallInput, ProviderReply } from "./provider-call.ts";
import { readBuiltInAnswer } from "./read-built-in-answer.ts";

export interface CallDeps {
  readonly pools: ConnectionPools;
  readonly rotation: EndpointRotation;
  /** Unix milliseconds. */
  readonly clock: () => number;
}

/** One call, built in or over HTTP; see `ProviderClient.call`. */
export async function callProvider(input: ProviderCallInput, deps: CallDeps): Promise<ProviderReply> {
  if (input.signal.aborted) return refused(abortFailure(input.signal.reason));
  const { definition } = input;
  if (isBuiltIn(definition)) return callBuiltIn(input, { definition, nowMs: deps.clock() });
  return callOverHttp(input, { definition, deps });
}

function callBuiltIn(
  input: ProviderCallInput,
  { definition, nowMs }: { definition: BuiltInProvider; nowMs: number },
): ProviderReply {
  const { operation, bodyText, stream, upstreamModel, requestId } = input;
  const answer = definition.answer({ operation, bodyText, stream, upstreamModel, requestId, nowMs });
  return readBuiltInAnswer(answer, { signal: input.signal });
}

function callOverHttp(
  input: ProviderCallInput,
  { definition, deps }: { definition: ProviderDefinition; deps: CallDeps },
): ProviderReply | Promise<ProviderReply> {
  const credentialFailure = checkCredential(input.apiKey, definition);
  if (credentialFailure !== null) return refused(credentialFailure);
  const { defaultBaseUrl } = definition;
  const baseUrl = deps.rotation.next(input.provider, { defaultBaseUrl, nowMs: deps.clock() });
  if (baseUrl === null) return refused(missingBaseUrl());
  const request = buildRequest(input, { definition, baseUrl });
  const { origin, path } = splitUrl(request.url);
  const found = findPool(input, { origin, pools: deps.pools });
  if (found.kind === "failed") return refused(found.failure);
  return new Promise((resolve) => {
    const settle = (reply: ProviderReply): void => {
      if (isUnreachable(reply)) deps.rotation.reportUnreachable(baseUrl, { nowMs: deps.clock() });
      resolve(reply);
    };
    const exchange = new Exchange({ call: input, definition, clock: deps.clock, settle });
    const { method, headers, bodyText: body } = request;
    found.pool.dispatch({ path, method, headers, body }, exchange);
  });
}

type FoundPool =
  | { readonly kind: "found"; readonly pool: Pool }
  | { readonly kind: "failed"; readonly failure: CallFailure };

function findPool(
  input: ProviderCallInput,
  { origin, pools }: { origin: string; pools: ConnectionPools },
): FoundPool {
  try {
    return { kind: "found", pool: pools.poolFor(input.provider, { origin }) };
  } catch (error) {
    return { kind: "failed", failure: networkFailure(error) };
  }
}

function buildRequest(
  input: ProviderCallInput,
  { definition, baseUrl }: { definition: ProviderDefinition; baseUrl: string },
): HttpRequest {
  const { operation, apiKey, bodyText, stream, upstreamModel, requestId, provider } = input;
  const { headers, options } = provider;
  return definition.buildHttpRequest({
    operation,
    baseUrl,
    apiKey,
    bodyText,
    stream,
    upstreamModel,
    headers,
    options,
    requestId,
  });
}

/** Cheaper than `new URL` for every call; the pool's constructor checks the origin once. */
function splitUrl(url: string): { origin: string; path: string } {
  const pathStart = url.indexOf("/", url.indexOf("://") + 3);
  return pathStart === -1
    ? { origin: url, path: "/" }
    : { origin: url.slice(0, pathStart), path: url.slice(pathStart) };
}

/** HTTP header values: no control characters, nothing beyond Latin-1. */
const sendable = /^[\t\x20-\x7e\x80-\xff]+$/;

function checkCredential(apiKey: string | null, definition: ProviderDefinition): CallFailure | null {
  if (apiKey === null || apiKey === "") {
    if (definition.credential === "optional") return null;
    return callFailure("auth", {
      code: "provider_auth_failed",
      message: "The provider has no API key configured.",
    });
  }
  if (sendable.test(apiKey)) return null;
  return callFailure("auth", {
    code: "provider_auth_failed",
    message: "The provider's API key holds characters that cannot be sent, such as a line break.",
  });
}

function missingBaseUrl(): CallFailure {
  return callFailure("fatal", {
    code: "provider_unreachable",
    message: "The provider has no base URL configured and its type has no default.",
  });
}

function isUnreachable(reply: ProviderReply): boolean {
  return reply.kind === "failed" && reply.failure.code === "provider_unreachable";
}

function refused(failure: CallFailure): ProviderReply {
  return { kind: "failed", failure, headers: {} };
}
