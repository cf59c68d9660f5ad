import type { CatalogueProvider } from "@tokenhub/contracts";
import type { CallLimits, ProviderCallInput } from "../client/provider-call.ts";
import type { AnyProvider } from "../definition/provider-definition.ts";

export const ordinaryLimits: CallLimits = {
  headersTimeoutMs: 5_000,
  idleTimeoutMs: 5_000,
  totalTimeoutMs: 10_000,
};

/** A configured provider; what is left out is ordinary. */
export function buildProvider(overrides: Partial<CatalogueProvider> = {}): CatalogueProvider {
  return {
    id: "local",
    type: "openai-compatible",
    enabled: true,
    baseUrl: null,
    timeoutMs: 10_000,
    concurrency: 8,
    headers: {},
    options: {},
    credentialSource: "none",
    rateLimit: null,
    ...overrides,
  };
}

/** A chat call to a provider; what is left out is ordinary. */
export function buildCall(
  provider: CatalogueProvider,
  overrides: Partial<ProviderCallInput> & { definition: AnyProvider },
): ProviderCallInput {
  return {
    provider,
    operation: "chat",
    apiKey: null,
    bodyText: '{"model":"m","messages":[{"role":"user","content":"Hi"}]}',
    stream: false,
    upstreamModel: "m",
    requestId: "req_0123456789abcdef",
    signal: new AbortController().signal,
    limits: ordinaryLimits,
    ...overrides,
  };
}
