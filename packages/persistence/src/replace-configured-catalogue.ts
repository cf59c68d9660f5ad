import type { CatalogueAlias, CatalogueModel, CatalogueProvider } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { createAliasRepository } from "./alias-repository.ts";
import { inTransaction } from "./catalogue-version.ts";
import { createModelRepository } from "./model-repository.ts";
import { createProviderRepository } from "./provider-repository.ts";
import type { Schema } from "./schema.ts";
import type { Replacement } from "./stored.ts";

export interface ConfiguredCatalogue {
  readonly providers: readonly CatalogueProvider[];
  readonly models: readonly CatalogueModel[];
  readonly aliases: readonly CatalogueAlias[];
  readonly nowMs: number;
}

export interface CatalogueReplacement {
  readonly providers: Replacement;
  readonly models: Replacement;
  readonly aliases: Replacement;
}

/**
 * Takes over the catalogue of a configuration in one transaction, so that no reader sees half of it. What an admin added
 * or took over stays. The same configuration twice changes nothing, not even the catalogue's version.
 */
export function replaceConfiguredCatalogue(
  db: Kysely<Schema>,
  { providers, models, aliases, nowMs }: ConfiguredCatalogue,
): Promise<CatalogueReplacement> {
  return inTransaction(db, async (transaction) => ({
    providers: await createProviderRepository(transaction).replaceConfigSourced(providers, { nowMs }),
    models: await createModelRepository(transaction).replaceConfigSourced(models, { nowMs }),
    aliases: await createAliasRepository(transaction).replaceConfigSourced(aliases, { nowMs }),
  }));
}
