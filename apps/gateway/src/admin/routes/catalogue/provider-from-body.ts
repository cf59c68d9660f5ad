import { ConfigError, normaliseBaseUrl } from "@tokenhub/config";
import { TokenHubError, type CatalogueProvider } from "@tokenhub/contracts";
import { findProvider, isBuiltIn, providerTypes } from "@tokenhub/providers";
import type { ProviderForm } from "./provider-form.ts";

/** A provider of this type with nothing but defaults. */
export function plainProvider(id: string, type: string): CatalogueProvider {
  return {
    id,
    type,
    enabled: true,
    baseUrl: null,
    timeoutMs: 120_000,
    concurrency: 32,
    headers: {},
    options: {},
    credentialSource: "env",
    rateLimit: null,
  };
}

/**
 * A provider with what a body states in place of its own values; null clears a value. Whoever states no address, or the one
 * that the environment gives, leaves it to the environment.
 * @param environmentAddress the address that the environment gives this provider; null: none.
 * @throws TokenHubError `invalid_request` for an unknown type, an address that is none, or fields that contradict each other.
 */
export function providerFromBody(
  form: ProviderForm,
  base: CatalogueProvider,
  { environmentAddress = null }: { readonly environmentAddress?: string | null } = {},
): CatalogueProvider {
  const type = form.type ?? base.type;
  const definition = findProvider(type);
  if (definition === null)
    throw invalid("type", `is no provider type; the known ones are ${providerTypes().join(", ")}`);
  const { endpoints: endpointList, ...otherOptions } = base.options;
  const endpoints =
    form.endpoints === undefined
      ? endpointList
      : (form.endpoints ?? []).map((url, index) => readUrl(url, `endpoints.${index}`)).join(",");
  const stated =
    form.base_url === undefined ? base.baseUrl : form.base_url ? readUrl(form.base_url, "base_url") : null;
  const own = stated === environmentAddress ? null : stated;
  const baseUrl = own ?? (endpoints || "").split(",")[0] ?? null;
  if (!baseUrl && environmentAddress === null && definition.defaultBaseUrl === null && !isBuiltIn(definition))
    throw invalid("base_url", `is missing; the type ${type} has no address of its own`);
  const options = form.options === undefined ? otherOptions : (form.options ?? {});
  return {
    id: base.id,
    type,
    enabled: form.enabled ?? base.enabled,
    baseUrl: baseUrl || null,
    timeoutMs: form.timeout_ms ?? base.timeoutMs,
    concurrency: form.concurrency ?? base.concurrency,
    headers: form.headers === undefined ? base.headers : (form.headers ?? {}),
    options: endpoints ? { ...options, endpoints } : options,
    credentialSource: credentialSourceOf(form, base),
    rateLimit: form.rate_limit === undefined ? base.rateLimit : rateLimitOf(form.rate_limit),
  };
}

function credentialSourceOf(
  form: ProviderForm,
  base: CatalogueProvider,
): CatalogueProvider["credentialSource"] {
  const older = form.cred_store === "vault" ? "escrow" : form.cred_store || undefined;
  const stated = form.credential_source ?? older;
  if (older !== undefined && older !== stated)
    throw invalid("cred_store", "differs from credential_source, but both mean the same; keep one of them");
  const givesKey = typeof form.api_key === "string" && form.api_key !== "";
  if (givesKey && stated !== undefined && stated !== "escrow")
    throw invalid(
      "api_key",
      `is kept in the vault, but credential_source is ${stated}; leave one of them out`,
    );
  if (givesKey) return "escrow";
  if (stated !== undefined) return stated;
  return form.api_key === null && base.credentialSource === "escrow" ? "env" : base.credentialSource;
}

function rateLimitOf(form: NonNullable<ProviderForm["rate_limit"]> | null): CatalogueProvider["rateLimit"] {
  const requestsPerMinute = form?.requests_per_minute ?? null;
  const tokensPerMinute = form?.tokens_per_minute ?? null;
  return requestsPerMinute === null && tokensPerMinute === null
    ? null
    : { requestsPerMinute, tokensPerMinute };
}

function readUrl(text: string, param: string): string {
  try {
    return normaliseBaseUrl(text, { name: "" });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw invalid(param, error.message.trim().replace(/\.$/, ""));
  }
}

function invalid(param: string, problem: string): TokenHubError {
  return new TokenHubError("invalid_request", `\`${param}\` ${problem}.`, { param });
}
