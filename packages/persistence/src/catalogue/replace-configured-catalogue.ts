import type { CatalogueAlias, CatalogueProvider } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { createAliasRepository } from "./alias-repository.ts";
import { transaction } from "../transaction.ts";
import type { ModelEntry } from "./model-entry.ts";
import { createModelRepository } from "./model-repository.ts";
import { createProviderRepository } from "./provider-repository.ts";
import type { Schema } from "../schema/schema.ts";
import type { Replacement } from "./stored.ts";

export interface ConfiguredCatalogue {
  readonly providers: readonly CatalogueProvider[];
  readonly models: readonly ModelEntry[];
  readonly aliases: readonly CatalogueAlias[];
  readonly nowMs: number;
}

export interface CatalogueReplacement {
  readonly providers: Replacement;
  readonly models: Replacement;
  readonly aliases: Replacement;
}

/**
 * Takes over the catalogue of a configuration in one transaction, so that no reader sees half of it. What an admin added,
 * took over or removed stays as the admin left it; models of a removed provider stay away with it. The same configuration
 * twice changes nothing, not even the catalogue's version.
 */
export function replaceConfiguredCatalogue(
  db: Kysely<Schema>,
  { providers, models, aliases, nowMs }: ConfiguredCatalogue,
): Promise<CatalogueReplacement> {
  return transaction(db, async (begun) => {
    const replacedProviders = await createProviderRepository(begun).replaceConfigSourced(providers, {
      nowMs,
    });
    const absent = new Set(replacedProviders.keptRemoved);
    const servedModels = models.filter(({ providerId }) => !absent.has(providerId));
    return {
      providers: replacedProviders,
      models: await createModelRepository(begun).replaceConfigSourced(servedModels, { nowMs }),
      aliases: await createAliasRepository(begun).replaceConfigSourced(aliases, { nowMs }),
    };
  });
}
