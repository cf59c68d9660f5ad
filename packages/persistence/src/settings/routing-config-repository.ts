import { routingModeSchema, strategySchema, type RoutingMode, type Strategy } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { parseContent } from "../read-row.ts";
import type { Schema } from "../schema/schema.ts";
import type { RoutingConfigTable } from "../schema/settings-tables.ts";
import type { Expectation } from "../versioned-table.ts";

/** What a request that says nothing gets. A limit of 0 is a limit; null is none. */
export interface RoutingConfig {
  readonly strategy: Strategy;
  readonly defaultMode: RoutingMode;
  /** Billionths of a US dollar per request. */
  readonly defaultMaxBudgetNanoUsd: number | null;
  readonly defaultMaxLatencyMs: number | null;
  /** False: nothing is ever tried out, whatever a request allows. */
  readonly allowExploration: boolean;
  /** The largest share of `thompson` decisions, 0..1, that may be trials. */
  readonly explorationShare: number;
  readonly explorationTemperature: number;
}

export interface StoredRoutingConfig {
  readonly entry: RoutingConfig;
  /** 1 for the first that was saved. */
  readonly version: number;
  readonly updatedAtMs: number;
}

export type SavedRoutingConfig =
  | { readonly kind: "saved"; readonly stored: StoredRoutingConfig }
  | { readonly kind: "version_mismatch"; readonly current: StoredRoutingConfig | null };

export interface RoutingConfigRepository {
  /** Null until somebody saves one: then the configuration's values are in force. */
  readonly get: () => Promise<StoredRoutingConfig | null>;
  /** Replaces all of it; `expectedVersion` 0 means that none was saved yet. */
  readonly save: (
    config: RoutingConfig,
    write: { readonly nowMs: number } & Expectation,
  ) => Promise<SavedRoutingConfig>;
}

/** @param db a database, or a transaction to take part in. */
export function createRoutingConfigRepository(db: Kysely<Schema>): RoutingConfigRepository {
  async function get(): Promise<StoredRoutingConfig | null> {
    const row = await db.selectFrom("routing_config").selectAll().executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  }
  return {
    get,
    async save(config, { nowMs, expectedVersion = null }) {
      const content = { ...toColumns(config), updated_at_ms: nowMs };
      // One statement: it inserts only where none is expected, and replaces only the expected version.
      const insertion =
        expectedVersion === null || expectedVersion === 0
          ? await db
              .insertInto("routing_config")
              .values({ id: 1, version: 1, ...content })
              .onConflict((conflict) =>
                expectedVersion === 0
                  ? conflict.doNothing()
                  : conflict.column("id").doUpdateSet((column) => ({
                      ...content,
                      version: column("routing_config.version", "+", 1),
                    })),
              )
              .returningAll()
              .executeTakeFirst()
          : await db
              .updateTable("routing_config")
              .set((column) => ({ ...content, version: column("version", "+", 1) }))
              .where("version", "=", expectedVersion)
              .returningAll()
              .executeTakeFirst();
      return insertion === undefined
        ? { kind: "version_mismatch", current: await get() }
        : { kind: "saved", stored: fromRow(insertion) };
    },
  };
}

function toColumns(config: RoutingConfig) {
  return {
    strategy: config.strategy,
    default_mode: config.defaultMode,
    default_max_budget_nano_usd: config.defaultMaxBudgetNanoUsd,
    default_max_latency_ms: config.defaultMaxLatencyMs,
    allow_exploration: config.allowExploration ? 1 : 0,
    exploration_share: config.explorationShare,
    exploration_temperature: config.explorationTemperature,
  } as const;
}

function fromRow(row: RoutingConfigTable): StoredRoutingConfig {
  const at = { table: "routing_config", id: String(row.id) };
  return {
    entry: {
      strategy: parseContent(strategySchema, { ...at, value: row.strategy }),
      defaultMode: parseContent(routingModeSchema, { ...at, value: row.default_mode }),
      defaultMaxBudgetNanoUsd: row.default_max_budget_nano_usd,
      defaultMaxLatencyMs: row.default_max_latency_ms,
      allowExploration: row.allow_exploration === 1,
      explorationShare: row.exploration_share,
      explorationTemperature: row.exploration_temperature,
    },
    version: row.version,
    updatedAtMs: row.updated_at_ms,
  };
}
