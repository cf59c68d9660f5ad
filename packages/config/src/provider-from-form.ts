import { normaliseBaseUrl } from "./base-url.ts";
import { defaultProviderConcurrency } from "./built-in-catalogue.ts";
import { ConfigError } from "./config-error.ts";
import { parseDuration } from "./duration.ts";
import { formError, type Place } from "./form-issues.ts";
import type { FileProvider, ProviderCredential } from "./product-config.ts";
import type { ProviderForm } from "./product-config-schema.ts";
import { Secret } from "./secret.ts";

/** Ids become queue names and header values. */
const providerId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const credentialHeaders = new Set(["authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"]);

interface FormPosition {
  readonly index: number;
  readonly place: Place;
}

/**
 * One provider of a file in the common shape; `id` of generation C and `name` of generation B are the same thing.
 * @throws ConfigError naming the path of whatever is missing or contradictory.
 */
export function providerFromForm(form: ProviderForm, position: FormPosition): FileProvider {
  const id = readId(form, position);
  if (form.type === null)
    throw fail("type", {
      problem: "is missing; set it to openai, anthropic, vllm or another provider type",
      position,
    });
  const endpoints = (form.endpoints ?? []).map((url, index) =>
    readUrl(url, { keys: ["endpoints", index], position }),
  );
  const baseUrl =
    form.base_url === null
      ? (endpoints[0] ?? null)
      : readUrl(form.base_url, { keys: ["base_url"], position });
  return {
    id,
    type: form.type,
    enabled: form.enabled ?? true,
    baseUrl,
    timeoutMs: readDurationMs(form.timeout_ms, {
      path: ["providers", position.index, "timeout_ms"],
      place: position.place,
    }),
    concurrency: form.concurrency ?? defaultProviderConcurrency,
    headers: readHeaders(form, position),
    options: { ...form.options, ...(endpoints.length > 0 ? { endpoints: endpoints.join(",") } : {}) },
    credentialSource: form.credential_source ?? "env",
    rateLimit: readRateLimit(form),
    credential: readCredential(form, position),
  };
}

/** A duration given as milliseconds or as text; null when not stated. */
export function readDurationMs(
  value: number | string | null | undefined,
  { path, place }: { readonly path: readonly (string | number)[]; readonly place: Place },
): number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return value;
  try {
    const durationMs = parseDuration(value);
    if (durationMs > 0) return durationMs;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
  throw formError(path, {
    problem: "must be a number of milliseconds of 1 or more, or a duration such as 20s",
    place,
  });
}

function readId(form: ProviderForm, position: FormPosition): string {
  if (form.id !== null && form.name !== null && form.id !== form.name) {
    throw fail("name", {
      problem: "differs from id, but both mean the provider's id; keep one of them",
      position,
    });
  }
  const id = form.id ?? form.name;
  if (id === null)
    throw fail("id", { problem: "is missing; give the provider an id (or name) such as openai", position });
  if (!providerId.test(id)) {
    throw fail(form.id === null ? "name" : "id", {
      problem: `must consist of letters, digits, '.', '_' and '-' (at most 64), but is "${id.slice(0, 80)}"`,
      position,
    });
  }
  return id;
}

function readCredential(form: ProviderForm, position: FormPosition): ProviderCredential {
  if (form.env_key_name !== null && form.api_key_env !== null && form.env_key_name !== form.api_key_env) {
    throw fail("env_key_name", {
      problem: "differs from api_key_env, but both name the key's variable; keep one of them",
      position,
    });
  }
  const envName = form.api_key_env ?? form.env_key_name;
  const inlineKey = form.api_key === null ? null : new Secret(form.api_key);
  if (form.credential_source === "none") {
    if (envName === null && inlineKey === null) return { source: "none", envName: null, inlineKey: null };
    throw fail("credential_source", {
      problem: "is none, but a key is given too; remove one of them",
      position,
    });
  }
  if (envName !== null) return { source: "env", envName, inlineKey };
  return { source: inlineKey === null ? "default" : "inline", envName: null, inlineKey };
}

function readRateLimit({ rate_limit: form }: ProviderForm): FileProvider["rateLimit"] {
  const requestsPerMinute = form?.requests_per_minute || null;
  const tokensPerMinute = form?.tokens_per_minute || null;
  return requestsPerMinute === null && tokensPerMinute === null
    ? null
    : { requestsPerMinute, tokensPerMinute };
}

function readHeaders(form: ProviderForm, position: FormPosition): Record<string, string> {
  const headers = form.headers ?? {};
  for (const name of Object.keys(headers)) {
    if (!credentialHeaders.has(name.toLowerCase())) continue;
    throw formError(["providers", position.index, "headers", name], {
      problem: "is a credential, which must not be given as a header; use api_key_env instead",
      place: position.place,
    });
  }
  return headers;
}

function readUrl(
  text: string,
  { keys, position }: { readonly keys: readonly (string | number)[]; readonly position: FormPosition },
): string {
  try {
    return normaliseBaseUrl(text, { name: "" });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problem = error.message.trim().replace(/\.$/, "");
    throw formError(["providers", position.index, ...keys], { problem, place: position.place });
  }
}

function fail(
  key: string,
  { problem, position }: { readonly problem: string; readonly position: FormPosition },
): ConfigError {
  return formError(["providers", position.index, key], { problem, place: position.place });
}
