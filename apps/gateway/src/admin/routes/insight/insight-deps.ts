import type { Catalogue, ProviderHealth } from "@tokenhub/contracts";
import type { Database } from "@tokenhub/persistence";
import type { CatalogueIndex } from "@tokenhub/routing";
import type { Insight } from "../../../insight/open-insight.ts";
import type { EndpointStates } from "../../../insight/endpoint-states.ts";

export interface InsightDeps {
  readonly db: Database["db"];
  readonly insight: Pick<Insight, "feed" | "arms" | "learning" | "keyNames" | "stats" | "upkeep">;
  readonly catalogue: { readonly current: () => Catalogue; readonly index: () => CatalogueIndex };
  /** By provider id; a provider that nobody has called yet is absent. */
  readonly providerHealth: () => Promise<ReadonlyMap<string, ProviderHealth>>;
  readonly endpointStates: () => Promise<EndpointStates>;
  readonly explorationShare: () => number;
  readonly random: () => number;
  readonly now: () => number;
}
