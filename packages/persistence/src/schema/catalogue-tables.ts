import type { AliasStickiness, CatalogueProvider, ValueSource } from "@tokenhub/contracts";
import type { CacheChoiceColumns, Truth, VersionedColumns } from "./columns.ts";

export interface CatalogueTables {
  providers: ProviderTable;
  models: ModelTable;
  aliases: AliasTable;
  catalogue_version: CatalogueVersionTable;
  catalogue_removals: CatalogueRemovalTable;
}

/** Where a row of the catalogue came from; an admin's rows survive any configuration. */
export type Source = "config" | "admin";

export interface CatalogueColumns extends VersionedColumns {
  source: Source;
}

export interface ProviderTable extends CatalogueColumns {
  type: string;
  enabled: Truth;
  base_url: string | null;
  timeout_ms: number;
  concurrency: number;
  headers_json: string;
  options_json: string;
  credential_source: CatalogueProvider["credentialSource"];
  rate_limit_json: string | null;
}

export interface ModelTable extends CatalogueColumns, CacheChoiceColumns {
  provider_id: string;
  upstream_name: string;
  enabled: Truth;
  weight: number;
  context_tokens: number;
  max_output_tokens: number | null;
  /** Both prices are null when the price is unknown. */
  input_per_1k_usd: number | null;
  output_per_1k_usd: number | null;
  capabilities_json: string | null;
  expected_latency_ms: number | null;
  price_source: ValueSource | null;
  context_source: ValueSource | null;
  tool_name_map_json: string;
  gemma4_output: Truth;
}

interface AliasTable extends CatalogueColumns {
  variants_json: string;
  enabled: Truth;
  sticky_by: AliasStickiness;
}

/** One row. */
interface CatalogueVersionTable {
  id: 1;
  version: number;
}

export type CatalogueKind = "providers" | "models" | "aliases";

/** What an admin has removed and a configuration must not bring back. */
interface CatalogueRemovalTable {
  kind: CatalogueKind;
  id: string;
  removed_at_ms: number;
}
