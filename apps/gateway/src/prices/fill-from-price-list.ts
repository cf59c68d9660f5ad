import type { Catalogue, CatalogueModel, CatalogueProvider } from "@tokenhub/contracts";
import type { PriceCatalogue } from "./price-catalogue.ts";

/**
 * The model with what the price list knows of it in place of what nobody has stated. A stated price, a stated context and a
 * stated "unlimited" stay; what the list does not know stays unknown.
 */
export function fillFromPriceList(
  model: CatalogueModel,
  { provider, prices }: { readonly provider: CatalogueProvider | undefined; readonly prices: PriceCatalogue },
): CatalogueModel {
  const needsPrice = model.price === null;
  const needsContext = model.contextSource === null && model.contextTokens === 0;
  if (provider === undefined || (!needsPrice && !needsContext)) return model;
  const known = prices.find({ provider, upstreamName: model.upstreamName });
  if (known === null) return model;
  return {
    ...model,
    ...(needsPrice && known.price !== null ? { price: known.price, priceSource: "catalogue" } : {}),
    ...(needsContext && known.contextTokens !== null
      ? { contextTokens: known.contextTokens, contextSource: "catalogue" }
      : {}),
  };
}

/** The same for every model of a catalogue. */
export function fillCatalogue(catalogue: Catalogue, prices: PriceCatalogue): Catalogue {
  const providers = new Map(catalogue.providers.map((provider) => [provider.id, provider]));
  return {
    ...catalogue,
    models: catalogue.models.map((model) =>
      fillFromPriceList(model, { provider: providers.get(model.providerId), prices }),
    ),
  };
}
