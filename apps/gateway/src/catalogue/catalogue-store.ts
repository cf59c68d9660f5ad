import { loadCatalogue, replaceConfiguredCatalogue, type Database } from "@tokenhub/persistence";
import type { CatalogueStore } from "./catalogue-service.ts";

/** The catalogue's home in SQL. @param now Unix milliseconds. */
export function createCatalogueStore(db: Database["db"], now: () => number): CatalogueStore {
  return {
    async applyConfig({ providers, models, aliases }) {
      // Credentials stay in the configuration; the stored provider has none.
      const withoutCredentials = providers.map(({ credential: _credential, ...provider }) => provider);
      await replaceConfiguredCatalogue(db, { providers: withoutCredentials, models, aliases, nowMs: now() });
      return loadCatalogue(db);
    },
    load: () => loadCatalogue(db),
  };
}
