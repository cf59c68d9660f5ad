import { readEnvironment, type Environment } from "./environment.ts";
import type { ProviderConfig } from "./product-config.ts";
import type { Secret } from "./secret.ts";

export interface ResolvedProviderKey {
  readonly key: Secret | null;
  /** `environment`: the variable `variable`. `inline`: the configuration file. `none`: there is no key. */
  readonly source: "environment" | "inline" | "none";
  readonly variable: string | null;
  /** A sentence for the log at start; null when nothing is doubtful. */
  readonly warning: string | null;
}

/**
 * Finds a provider's key: the variable named by `api_key_env`, the inline `api_key`, `TOKENHUB_<NAME>_API_KEY`,
 * `<NAME>_API_KEY`; the first that is not empty counts. `<NAME>` is {@link environmentNameOf} the provider.
 */
export function resolveProviderKey(
  provider: Pick<ProviderConfig, "id" | "credential">,
  environment: Environment,
): ResolvedProviderKey {
  const { credential, id } = provider;
  if (credential.source === "none") return { key: null, source: "none", variable: null, warning: null };
  const named = readFirst(credential.envName === null ? [] : [credential.envName], environment);
  if (named !== null) return named;
  if (credential.inlineKey !== null) {
    return {
      key: credential.inlineKey,
      source: "inline",
      variable: null,
      warning: `The API key of provider ${id} is written in the configuration file; move it to an environment variable and name that with api_key_env`,
    };
  }
  return (
    readFirst(keyVariables(id), environment) ?? { key: null, source: "none", variable: null, warning: null }
  );
}

/** The name of a provider in variables: upper case, everything outside A-Z and 0-9 as `_` (`vllm-local` -> `VLLM_LOCAL`). */
export function environmentNameOf(providerId: string): string {
  return providerId.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
}

/** The variables that may hold the key of a provider that names none, in order. */
export function keyVariables(providerId: string): readonly string[] {
  const name = environmentNameOf(providerId);
  return [`TOKENHUB_${name}_API_KEY`, `${name}_API_KEY`];
}

function readFirst(variables: readonly string[], environment: Environment): ResolvedProviderKey | null {
  const { envSecret } = readEnvironment(environment);
  for (const variable of variables) {
    const key = envSecret(variable);
    if (key !== null) return { key, source: "environment", variable, warning: null };
  }
  return null;
}
