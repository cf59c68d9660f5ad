import type { CatalogueProvider } from "@tokenhub/contracts";

/** The provider with the environment's address where it states none itself. */
export function withAddress(
  provider: CatalogueProvider,
  environmentAddressOf: (providerId: string) => string | null,
): CatalogueProvider {
  return provider.baseUrl === null ? { ...provider, baseUrl: environmentAddressOf(provider.id) } : provider;
}
