import type { ProductConfig } from "@tokenhub/config";
import type { Catalogue } from "@tokenhub/contracts";
import { providerRegistry } from "@tokenhub/providers";

/** What a configuration contributes to the catalogue. */
export type ConfiguredCatalogue = Omit<Catalogue, "v" | "version">;

/** The configuration's catalogue with the providers and models that custom modules registered; the configuration wins. */
export function withRegistered(
  config: Pick<ProductConfig, "providers" | "models" | "aliases">,
): ConfiguredCatalogue {
  // Credentials stay in the configuration; the catalogue has none.
  const configured = config.providers.map(({ credential: _credential, ...provider }) => provider);
  const [providers, models] = [providerRegistry.addedProviders(), providerRegistry.registeredModels()];
  return {
    providers: [...configured, ...without(providers, configured)],
    models: [...config.models, ...without(models, config.models)],
    aliases: [...config.aliases],
  };
}

function without<Entry extends { readonly id: string }>(
  entries: readonly Entry[],
  taken: readonly { readonly id: string }[],
): Entry[] {
  return entries.filter(({ id }) => !taken.some((other) => other.id === id));
}
