import { loadCatalogue, replaceConfiguredCatalogue, type Database } from "@tokenhub/persistence";
import { fillCatalogue } from "../prices/fill-from-price-list.ts";
import type { PriceCatalogue } from "../prices/price-catalogue.ts";
import { withRegistered } from "./with-registered.ts";
import type { CatalogueStore } from "./catalogue-service.ts";

export interface CatalogueStoreOptions {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Fills in what nobody has stated, each time the catalogue is loaded; the database keeps it as unknown. */
  readonly prices: PriceCatalogue;
}

/** The catalogue's home in SQL. */
export function createCatalogueStore(
  db: Database["db"],
  { now, prices }: CatalogueStoreOptions,
): CatalogueStore {
  return {
    async applyConfig(config) {
      await replaceConfiguredCatalogue(db, { ...withRegistered(config), nowMs: now() });
    },
    load: async () => fillCatalogue(await loadCatalogue(db), prices),
    async version() {
      const row = await db.selectFrom("catalogue_version").select("version").executeTakeFirstOrThrow();
      return row.version;
    },
  };
}
