import type * as priceList from "@pydantic/genai-prices";
import type { CatalogueProvider, Price } from "@tokenhub/contracts";
import { findProvider } from "@tokenhub/providers";
import { createRequire } from "node:module";

type PriceList = typeof priceList;

const loadPackage = createRequire(import.meta.url);

/** A model as its provider knows it. */
interface PricedModel {
  readonly provider: Pick<CatalogueProvider, "type" | "baseUrl">;
  readonly upstreamName: string;
}

/** What is publicly known of a model. */
interface ListEntry {
  /** Null: unknown, or not to be expressed as one price for input and one for output. */
  readonly price: Price | null;
  readonly contextTokens: number | null;
}

/** A list of prices and context sizes. The data ship with the product; nothing is fetched. */
export interface PriceCatalogue {
  find(model: PricedModel): ListEntry | null;
}

/** Servers of one's own have no list price, whatever the models on them are called. */
const typesWithoutListPrice = new Set(["vllm", "ollama", "mock"]);

/** A catalogue that knows nothing, for installations that want no list prices. */
export const noPriceCatalogue: PriceCatalogue = { find: () => null };

/**
 * The catalogue of the installed price list. A provider is known by the address it is reached at, not by its name or type:
 * a model that is served somewhere else costs something else. Tiered prices count with their first tier; of prices that
 * change with the time of day the one of `now` counts.
 */
export function createPriceCatalogue({ now }: { readonly now: () => number }): PriceCatalogue {
  let loaded: PriceList | null = null;
  return {
    find({ provider, upstreamName }) {
      if (typesWithoutListPrice.has(provider.type)) return null;
      // Several megabytes in memory that an installation which states its prices does not need.
      const list = (loaded ??= loadPackage("@pydantic/genai-prices") as PriceList);
      const address = provider.baseUrl ?? findProvider(provider.type)?.defaultBaseUrl ?? null;
      const seller = address === null ? undefined : list.findProvider({ providerApiUrl: address });
      if (seller === undefined) return null;
      // A price is only asked for with complete usage: what is left out would be taken for free.
      const found = list.calcPrice({ input_tokens: 1_000, output_tokens: 1_000 }, upstreamName, {
        provider: seller,
        timestamp: new Date(now()),
      });
      if (found === null) return null;
      return {
        price: priceOf(found.model_price, upstreamName),
        contextTokens: found.model.context_window ?? null,
      };
    },
  };
}

type ListedPrice = Readonly<Record<string, unknown>>;

function priceOf(listed: ListedPrice, modelName: string): Price | null {
  // A fee per request cannot be told per token; the rest of such a price would be too low.
  if (listed["requests_kcount"] !== undefined) return null;
  const input = perThousand(listed["input_mtok"]);
  // Embeddings have no output to pay for; with any other model a missing price is unknown, not 0.
  const output = perThousand(listed["output_mtok"]) ?? (/embed/i.test(modelName) ? 0 : null);
  return input === null || output === null ? null : { inputPer1kUsd: input, outputPer1kUsd: output };
}

/** From a price per million tokens. */
function perThousand(listed: unknown): number | null {
  const perMillion = typeof listed === "object" && listed !== null && "base" in listed ? listed.base : listed;
  if (typeof perMillion !== "number" || !Number.isFinite(perMillion) || perMillion < 0) return null;
  return Number((perMillion / 1_000).toPrecision(12));
}
