import { catalogueModelSchema, undeclaredCapabilities, type Capability } from "@tokenhub/contracts";
import { sql, type Kysely } from "kysely";
import { cacheChoiceOf, cacheColumnsOf } from "../cache-choice.ts";
import { whereContains, whereEquals, whereTruth, type Condition } from "../page.ts";
import { parseJsonColumn, parseStored } from "../read-row.ts";
import type { ModelTable, Source } from "../schema/catalogue-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { createCatalogueRepository, type CatalogueRepository } from "./catalogue-repository.ts";
import type { ModelEntry } from "./model-entry.ts";
import type { Stored } from "./stored.ts";

export interface ModelFilters {
  readonly providerId?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly source?: Source | undefined;
  /** The model declares it, or declares nothing and is assumed to have it. */
  readonly capability?: Capability | undefined;
  /** Part of the id or of the upstream's name. */
  readonly text?: string | undefined;
}

export type ModelRepository = CatalogueRepository<
  ModelEntry,
  ModelFilters,
  "id" | "providerId" | "weight" | "contextTokens" | "inputPrice" | "createdAt" | "updatedAt"
>;

/** @param db a database, or a transaction to take part in. */
export function createModelRepository(db: Kysely<Schema>): ModelRepository {
  return createCatalogueRepository(db, {
    table: { name: "models", toColumns, fromRow },
    conditions: ({ providerId, enabled, source, capability, text }: ModelFilters) => [
      ...whereEquals("provider_id", providerId),
      ...whereTruth("enabled", enabled),
      ...whereEquals("source", source),
      ...whereCapability(capability),
      ...whereContains(["id", "upstream_name"], text),
    ],
    sortColumns: {
      id: "id",
      providerId: "provider_id",
      weight: "weight",
      contextTokens: "context_tokens",
      inputPrice: "input_per_1k_usd",
      createdAt: "created_at_ms",
      updatedAt: "updated_at_ms",
    },
  });
}

function whereCapability(capability: Capability | undefined): Condition[] {
  if (capability === undefined) return [];
  const isDeclared = sql<boolean>`capabilities_json like ${`%"${capability}"%`}`;
  return [
    undeclaredCapabilities.includes(capability)
      ? sql`(capabilities_json is null or ${isDeclared})`
      : isDeclared,
  ];
}

function toColumns(model: ModelEntry) {
  return {
    id: model.id,
    provider_id: model.providerId,
    upstream_name: model.upstreamName,
    enabled: model.enabled ? 1 : 0,
    weight: model.weight,
    context_tokens: model.contextTokens,
    max_output_tokens: model.maxOutputTokens,
    input_per_1k_usd: model.price?.inputPer1kUsd ?? null,
    output_per_1k_usd: model.price?.outputPer1kUsd ?? null,
    capabilities_json: model.capabilities === null ? null : JSON.stringify(model.capabilities),
    expected_latency_ms: model.expectedLatencyMs,
    price_source: model.priceSource,
    context_source: model.contextSource,
    tool_name_map_json: JSON.stringify(model.toolNameMap),
    gemma4_output: model.gemma4Output ? 1 : 0,
    ...cacheColumnsOf(model.cache ?? null),
  } as const;
}

function fromRow(row: ModelTable): Stored<ModelEntry> {
  const { input_per_1k_usd: inputPer1kUsd, output_per_1k_usd: outputPer1kUsd } = row;
  const cache = cacheChoiceOf(row, { table: "models" });
  const stored = parseStored(catalogueModelSchema, {
    table: "models",
    row,
    entry: {
      id: row.id,
      providerId: row.provider_id,
      upstreamName: row.upstream_name,
      enabled: row.enabled === 1,
      weight: row.weight,
      contextTokens: row.context_tokens,
      maxOutputTokens: row.max_output_tokens,
      price: inputPer1kUsd === null || outputPer1kUsd === null ? null : { inputPer1kUsd, outputPer1kUsd },
      capabilities: parseJsonColumn(row.capabilities_json),
      expectedLatencyMs: row.expected_latency_ms,
      priceSource: row.price_source,
      contextSource: row.context_source,
      toolNameMap: parseJsonColumn(row.tool_name_map_json),
      gemma4Output: row.gemma4_output === 1,
    },
  });
  return cache === null ? stored : { ...stored, entry: { ...stored.entry, cache } };
}
