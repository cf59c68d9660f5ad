import { loadCatalogue, replaceConfiguredCatalogue, type Database } from "@tokenhub/persistence";
import { fillCatalogue } from "../prices/fill-from-price-list.ts";
import type { PriceCatalogue } from "../prices/price-catalogue.ts";
import { withAddress } from "./with-address.ts";
import { withRegistered } from "./with-registered.ts";
import type { CatalogueStore } from "./catalogue-service.ts";

export interface CatalogueStoreOptions {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Fills in what nobody has stated, each time the catalogue is loaded; the database keeps it as unknown. */
  readonly prices: PriceCatalogue;
  /** The address that the environment gives a provider that states none itself; likewise. */
  readonly environmentAddressOf: (providerId: string) => string | null;
}

/** The catalogue's home in SQL. */
export function createCatalogueStore(
  db: Database["db"],
  { now, prices, environmentAddressOf }: CatalogueStoreOptions,
): CatalogueStore {
  return {
    async applyConfig(config) {
      await replaceConfiguredCatalogue(db, { ...withRegistered(config), nowMs: now() });
    },
    async load() {
      const stored = await loadCatalogue(db);
      const providers = stored.providers.map((provider) => withAddress(provider, environmentAddressOf));
      return fillCatalogue({ ...stored, providers }, prices);
    },
    async version() {
      const row = await db.selectFrom("catalogue_version").select("version").executeTakeFirstOrThrow();
      return row.version;
    },
  };
}
