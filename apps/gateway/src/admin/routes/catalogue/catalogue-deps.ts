import type { Secret } from "@tokenhub/config";
import type { Database } from "@tokenhub/persistence";
import type { CatalogueService } from "../../../catalogue/catalogue-service.ts";
import type { ProviderKeyStore } from "../../../catalogue/provider-key-store.ts";
import type { PriceCatalogue } from "../../../prices/price-catalogue.ts";

/** What the admin endpoints of the catalogue work with. */
export interface CatalogueAdminDeps {
  readonly db: Database["db"];
  readonly catalogue: Pick<CatalogueService, "announce" | "environmentAddressOf">;
  readonly keys: ProviderKeyStore;
  /** A provider's key from the environment or the configuration; null: there is none. */
  readonly configuredKeyOf: (providerId: string) => Secret | null;
  readonly prices: PriceCatalogue;
  /** Whether this gateway runs in a container, where `localhost` is the container itself. */
  readonly runsInContainer: boolean;
  readonly now: () => number;
}
