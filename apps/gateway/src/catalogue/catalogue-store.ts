import { loadCatalogue, replaceConfiguredCatalogue, type Database } from "@tokenhub/persistence";
import { withRegistered } from "./with-registered.ts";
import type { CatalogueStore } from "./catalogue-service.ts";

/** The catalogue's home in SQL. @param now Unix milliseconds. */
export function createCatalogueStore(db: Database["db"], now: () => number): CatalogueStore {
  return {
    async applyConfig(config) {
      await replaceConfiguredCatalogue(db, { ...withRegistered(config), nowMs: now() });
      return loadCatalogue(db);
    },
    load: () => loadCatalogue(db),
  };
}
