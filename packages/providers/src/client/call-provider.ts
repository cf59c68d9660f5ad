import type { CallFailure } from "@tokenhub/contracts";
import type { Pool } from "undici";
import { isBuiltIn, type HttpRequest, type ProviderDefinition } from "../definition/provider-definition.ts";
import { abortFailure } from "../failure/abort-failure.ts";
import { callFailure } from "../failure/call-failure.ts";
import { networkFailure } from "../failure/network-failure.ts";
import { callBuiltIn } from "./call-built-in.ts";
import { checkCredential } from "./check-credential.ts";
import type { ConnectionPools } from "./connection-pools.ts";
import type { EndpointLease, EndpointRotation } from "./endpoint-rotation.ts";
import { Exchange, type ExchangeFate } from "./exchange.ts";
import type { CallLimits, ProviderCallInput, ProviderReply } from "./provider-call.ts";
import { splitUrl } from "./split-url.ts";

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

/** Makes the call at one endpoint after the other while none could be connected to: then nothing has been sent. */
async function callOverHttp(
  input: ProviderCallInput,
  { definition, deps }: { definition: ProviderDefinition; deps: CallDeps },
): Promise<ProviderReply> {
  const credentialFailure = checkCredential(input.apiKey, definition);
  if (credentialFailure !== null) return refused(credentialFailure);
  const { provider, limits } = input;
  const { defaultBaseUrl } = definition;
  const startedAtMs = performance.now();
  const tried = new Set<string>();
  let attempt: Attempt | null = null;
  for (;;) {
    const lease = deps.rotation.take(provider, { defaultBaseUrl, nowMs: deps.clock(), tried });
    if (lease === null) return attempt?.reply ?? refused(missingBaseUrl());
    const elapsedMs = tried.size === 0 ? 0 : performance.now() - startedAtMs;
    tried.add(lease.baseUrl);
    const timely = elapsedMs === 0 ? input : { ...input, limits: limitsAfter(limits, elapsedMs) };
    attempt = await attemptAt(lease, { input: timely, definition, deps });
    const isTimeLeft =
      performance.now() - startedAtMs < Math.min(limits.headersTimeoutMs, limits.totalTimeoutMs);
    if (!attempt.mayGoElsewhere || !isTimeLeft || input.signal.aborted) return attempt.reply;
  }
}

interface Attempt {
  readonly reply: ProviderReply;
  /** No connection could be made, so the provider knows nothing of the call. */
  readonly mayGoElsewhere: boolean;
}

interface AttemptInput {
  readonly input: ProviderCallInput;
  readonly definition: ProviderDefinition;
  readonly deps: CallDeps;
}

async function attemptAt(lease: EndpointLease, { input, definition, deps }: AttemptInput): Promise<Attempt> {
  const { baseUrl } = lease;
  let request: HttpRequest;
  try {
    request = buildRequest(input, { definition, baseUrl });
  } catch (error) {
    lease.end();
    throw error;
  }
  const { origin, path } = splitUrl(request.url);
  const found = findPool(input, { origin, pools: deps.pools });
  if (found.kind === "failed") {
    lease.end();
    return { reply: refused(found.failure), mayGoElsewhere: true };
  }
  return new Promise((resolve) => {
    const settle = (reply: ProviderReply, { wasSent, networkCode }: ExchangeFate): void => {
      const report = { providerId: input.provider.id, endpoint: baseUrl };
      const isReachable = !isUnreachable(reply);
      // An abort or a time limit before the connection was there says nothing about the endpoint.
      if (wasSent || networkCode !== null) {
        deps.rotation.reportCall({ ...report, isReachable }, { nowMs: deps.clock() });
      }
      resolve({ reply, mayGoElsewhere: !isReachable && !wasSent });
    };
    const onOver = (): void => lease.end();
    const exchange = new Exchange({ call: input, definition, clock: deps.clock, settle, onOver });
    const { method, headers, bodyText: body } = request;
    found.pool.dispatch({ path, method, headers, body }, exchange);
  });
}

function limitsAfter(limits: CallLimits, elapsedMs: number): CallLimits {
  const left = (timeoutMs: number): number => Math.max(1, timeoutMs - elapsedMs);
  return {
    ...limits,
    headersTimeoutMs: left(limits.headersTimeoutMs),
    totalTimeoutMs: left(limits.totalTimeoutMs),
    firstTokenTimeoutMs:
      limits.firstTokenTimeoutMs === undefined ? undefined : left(limits.firstTokenTimeoutMs),
  };
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
  const { operation, wireFormat, apiKey, bodyText, stream, upstreamModel, requestId, provider } = input;
  const { headers, options } = provider;
  return definition.buildHttpRequest({
    operation,
    wireFormat,
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

/** Nobody said where the provider is. */
export function missingBaseUrl(): CallFailure {
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
