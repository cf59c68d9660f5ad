import { normaliseBaseUrl } from "./base-url.ts";
import { readEnvironment, type Environment } from "./environment.ts";
import { environmentNameOf } from "./provider-key.ts";

/** Addresses of providers that the environment states, by the name of their variable. */
export type ProviderAddresses = Readonly<Record<string, string>>;

const variablePattern = /^TOKENHUB_[A-Z0-9_]+_BASE_URL$/;

/** Every `TOKENHUB_<NAME>_BASE_URL`. @throws ConfigError when one is no address. */
export function readProviderAddresses(environment: Environment): ProviderAddresses {
  const { envString } = readEnvironment(environment);
  const stated = Object.keys(environment)
    .filter((name) => variablePattern.test(name))
    .flatMap((name) => {
      const url = envString(name);
      return url === null ? [] : [[name, normaliseBaseUrl(url, { name })] as const];
    });
  return Object.fromEntries(stated);
}

/** The address that the environment gives a provider; null: none. */
export function environmentAddressOf(addresses: ProviderAddresses, providerId: string): string | null {
  return addresses[`TOKENHUB_${environmentNameOf(providerId)}_BASE_URL`] ?? null;
}
