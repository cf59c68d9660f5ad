import { catalogueAliasSchema, type CatalogueAlias } from "@tokenhub/contracts";
import { sql, type Kysely } from "kysely";
import { whereContains, whereTruth } from "../page.ts";
import { parseJsonColumn, parseStored } from "../read-row.ts";
import type { Schema } from "../schema/schema.ts";
import { createCatalogueRepository, type CatalogueRepository } from "./catalogue-repository.ts";

export interface AliasFilters {
  readonly enabled?: boolean | undefined;
  /** The alias has a variant with exactly this model. */
  readonly modelId?: string | undefined;
  /** Part of the id. */
  readonly text?: string | undefined;
}

export type AliasRepository = CatalogueRepository<
  CatalogueAlias,
  AliasFilters,
  "id" | "createdAt" | "updatedAt"
>;

/** @param db a database, or a transaction to take part in. */
export function createAliasRepository(db: Kysely<Schema>): AliasRepository {
  return createCatalogueRepository(db, {
    table: {
      name: "aliases",
      toColumns: (alias: CatalogueAlias) => ({
        id: alias.id,
        variants_json: JSON.stringify(alias.variants.map(({ modelId, weight }) => ({ modelId, weight }))),
        enabled: alias.enabled ? 1 : 0,
        sticky_by: alias.stickyBy,
      }),
      fromRow: (row) =>
        parseStored(catalogueAliasSchema, {
          table: "aliases",
          row,
          entry: {
            id: row.id,
            enabled: row.enabled === 1,
            stickyBy: row.sticky_by,
            variants: parseJsonColumn(row.variants_json),
          },
        }),
    },
    conditions: ({ enabled, modelId, text }: AliasFilters) => [
      ...whereTruth("enabled", enabled),
      // As `toColumns` writes it: the model is the first field of a variant.
      ...(modelId === undefined
        ? []
        : [containsExactly("variants_json", `{"modelId":${JSON.stringify(modelId)},`)]),
      ...whereContains(["id"], text),
    ],
    sortColumns: { id: "id", createdAt: "created_at_ms", updatedAt: "updated_at_ms" },
  });
}

function containsExactly(column: string, text: string) {
  return sql<boolean>`replace(${sql.ref(column)}, ${text}, '') <> ${sql.ref(column)}`;
}
