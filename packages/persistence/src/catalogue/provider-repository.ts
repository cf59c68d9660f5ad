import { catalogueProviderSchema, type CatalogueProvider } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { whereContains, whereEquals, whereTruth } from "../page.ts";
import { parseJsonColumn, parseStored } from "../read-row.ts";
import type { ProviderTable, Source } from "../schema/catalogue-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { transaction } from "../transaction.ts";
import type { Expectation } from "../versioned-table.ts";
import { createCatalogueRepository, type CatalogueRepository } from "./catalogue-repository.ts";
import { createModelRepository } from "./model-repository.ts";
import type { Stored } from "./stored.ts";

export interface ProviderFilters {
  readonly type?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly source?: Source | undefined;
  /** Part of the id or the type. */
  readonly text?: string | undefined;
}

export type RemovedProvider =
  /** With the models that went with it. */
  | {
      readonly kind: "removed";
      readonly stored: Stored<CatalogueProvider>;
      readonly modelIds: readonly string[];
    }
  | { readonly kind: "missing" }
  | { readonly kind: "version_mismatch"; readonly current: Stored<CatalogueProvider> };

type Common = CatalogueRepository<
  CatalogueProvider,
  ProviderFilters,
  "id" | "type" | "createdAt" | "updatedAt"
>;

export interface ProviderRepository extends Omit<Common, "remove"> {
  /**
   * Removes a provider and its models together. Its credential is in the vault, which is not the catalogue's: delete it
   * in the same `transaction(db, ...)`.
   */
  readonly remove: (id: string, write: { readonly nowMs: number } & Expectation) => Promise<RemovedProvider>;
}

/** @param db a database, or a transaction to take part in. */
export function createProviderRepository(db: Kysely<Schema>): ProviderRepository {
  const repository = onProviders(db);
  return {
    ...repository,
    remove: (id, write) =>
      transaction(db, async (begun) => {
        const outcome = await onProviders(begun).remove(id, write);
        if (outcome.kind !== "removed") return outcome;
        const rows = await begun
          .selectFrom("models")
          .select("id")
          .where("provider_id", "=", id)
          .orderBy("id")
          .execute();
        const models = createModelRepository(begun);
        for (const model of rows) await models.remove(model.id, { nowMs: write.nowMs });
        return { ...outcome, modelIds: rows.map((model) => model.id) };
      }),
  };
}

function onProviders(db: Kysely<Schema>): Common {
  return createCatalogueRepository(db, {
    table: { name: "providers", toColumns, fromRow },
    conditions: ({ type, enabled, source, text }: ProviderFilters) => [
      ...whereEquals("type", type),
      ...whereTruth("enabled", enabled),
      ...whereEquals("source", source),
      ...whereContains(["id", "type"], text),
    ],
    sortColumns: { id: "id", type: "type", createdAt: "created_at_ms", updatedAt: "updated_at_ms" },
  });
}

/** Column by column, so that nothing else of a configured provider (its credential) can reach the database. */
function toColumns(provider: CatalogueProvider) {
  return {
    id: provider.id,
    type: provider.type,
    enabled: provider.enabled ? 1 : 0,
    base_url: provider.baseUrl,
    timeout_ms: provider.timeoutMs,
    concurrency: provider.concurrency,
    headers_json: JSON.stringify(provider.headers),
    options_json: JSON.stringify(provider.options),
    credential_source: provider.credentialSource,
    rate_limit_json: provider.rateLimit === null ? null : JSON.stringify(provider.rateLimit),
  } as const;
}

function fromRow(row: ProviderTable): Stored<CatalogueProvider> {
  return parseStored(catalogueProviderSchema, {
    table: "providers",
    row,
    entry: {
      id: row.id,
      type: row.type,
      enabled: row.enabled === 1,
      baseUrl: row.base_url,
      timeoutMs: row.timeout_ms,
      concurrency: row.concurrency,
      headers: parseJsonColumn(row.headers_json),
      options: parseJsonColumn(row.options_json),
      credentialSource: row.credential_source,
      rateLimit: parseJsonColumn(row.rate_limit_json),
    },
  });
}
