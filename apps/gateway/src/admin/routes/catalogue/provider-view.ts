import type { CatalogueProvider } from "@tokenhub/contracts";
import { findProvider } from "@tokenhub/providers";
import type { Stored } from "@tokenhub/persistence";
import { withAddress } from "../../../catalogue/with-address.ts";
import type { CatalogueAdminDeps } from "./catalogue-deps.ts";
import { storedMeta } from "./stored-meta.ts";

export type ProviderViewDeps = Pick<CatalogueAdminDeps, "keys" | "configuredKeyOf" | "runsInContainer"> & {
  readonly catalogue: Pick<CatalogueAdminDeps["catalogue"], "environmentAddressOf">;
};

/** Providers as answers show them: with the address they are called at; whether there is a key, never the key. */
export async function viewProviders(
  deps: ProviderViewDeps,
  stored: readonly Stored<CatalogueProvider>[],
): Promise<object[]> {
  const sealed = await deps.keys.havingKey(stored.map(({ entry }) => entry.id));
  return stored.map((provider) => {
    const { id } = provider.entry;
    const hasKey = sealed.has(id) || deps.configuredKeyOf(id) !== null;
    const entry = withAddress(provider.entry, deps.catalogue.environmentAddressOf);
    return viewProvider({ ...provider, entry }, { hasKey, runsInContainer: deps.runsInContainer });
  });
}

interface Circumstances {
  readonly hasKey: boolean;
  readonly runsInContainer: boolean;
}

function viewProvider(stored: Stored<CatalogueProvider>, circumstances: Circumstances): object {
  const { entry } = stored;
  const { endpoints, ...options } = entry.options;
  const warnings = warningsOf(entry, circumstances);
  return {
    id: entry.id,
    type: entry.type,
    enabled: entry.enabled,
    base_url: entry.baseUrl,
    endpoints: endpoints === undefined ? [] : endpoints.split(","),
    credential_source: entry.credentialSource,
    cred_store: entry.credentialSource === "escrow" ? "vault" : entry.credentialSource,
    has_key: circumstances.hasKey,
    timeout_ms: entry.timeoutMs,
    concurrency: entry.concurrency,
    rate_limit:
      entry.rateLimit === null
        ? null
        : {
            requests_per_minute: entry.rateLimit.requestsPerMinute,
            tokens_per_minute: entry.rateLimit.tokensPerMinute,
          },
    headers: entry.headers,
    options,
    ...storedMeta(stored),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

/** What is allowed, but probably not meant. */
function warningsOf(provider: CatalogueProvider, { hasKey, runsInContainer }: Circumstances): string[] {
  const warnings: string[] = [];
  if (runsInContainer && isLoopback(provider.baseUrl))
    warnings.push(
      "base_url names this container itself. A server on the host is reached at host.docker.internal, one in another container at that container's name.",
    );
  const needsKey = findProvider(provider.type)?.credential === "required";
  if (needsKey && !hasKey && provider.credentialSource !== "none")
    warnings.push(
      "There is no key for this provider, so its calls will be refused. Give it one with api_key.",
    );
  return warnings;
}

function isLoopback(baseUrl: string | null): boolean {
  const host = baseUrl === null ? "" : new URL(baseUrl).hostname;
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || host.startsWith("127.");
}
