import type { RequestFinishedFact } from "@tokenhub/contracts";
import { sql, type Kysely } from "kysely";
import { insertRows } from "../insert-rows.ts";
import type { SpendScopeKind, SpendTable } from "../schema/request-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { storableText } from "../storable-text.ts";
import { nanoUsdOf } from "./nano-usd.ts";

/** What a key, project or tenant used in one calendar month of UTC. Requests count in the month they were accepted in. */
export interface Spend {
  readonly scopeKind: SpendScopeKind;
  readonly scopeId: string;
  /** `YYYY-MM`. */
  readonly month: string;
  readonly costNanoUsd: number;
  readonly requestCount: number;
  /** Requests that used tokens whose cost is unknown: the cost above is too low by theirs. */
  readonly unpricedCount: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface SpendRepository {
  /** All zero when nothing was used. */
  readonly get: (of: Pick<Spend, "scopeKind" | "scopeId"> & { readonly month: string }) => Promise<Spend>;
  /** Every scope of a kind that used something in the month, by id; or only the named ones. */
  readonly list: (of: {
    readonly scopeKind: SpendScopeKind;
    readonly month: string;
    readonly scopeIds?: readonly string[];
  }) => Promise<Spend[]>;
  /** The months of one scope, newest first. */
  readonly history: (
    of: Pick<Spend, "scopeKind" | "scopeId"> & { readonly limit: number },
  ) => Promise<Spend[]>;
  /** Billionths of a US dollar of a key's requests accepted since `fromMs`; for budgets that were reset within a month. */
  readonly spendSince: (keyId: string, fromMs: number) => Promise<number>;
}

/** The calendar month of a time in UTC, e.g. `2026-11`. */
export function monthOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7);
}

/** @param db a database, or a transaction to take part in. */
export function createSpendRepository(db: Kysely<Schema>): SpendRepository {
  const rows = db.selectFrom("spend").selectAll();
  return {
    async get({ scopeKind, scopeId, month }) {
      const row = await rows
        .where("scope_kind", "=", scopeKind)
        .where("scope_id", "=", scopeId)
        .where("month", "=", month)
        .executeTakeFirst();
      return fromRow(row ?? emptyRow({ scope_kind: scopeKind, scope_id: scopeId, month }));
    },
    async list({ scopeKind, month, scopeIds }) {
      if (scopeIds?.length === 0) return [];
      const found = await rows
        .where("scope_kind", "=", scopeKind)
        .where("month", "=", month)
        .$if(scopeIds !== undefined, (query) => query.where("scope_id", "in", scopeIds ?? []))
        .orderBy("scope_id")
        .execute();
      return found.map(fromRow);
    },
    async history({ scopeKind, scopeId, limit }) {
      const found = await rows
        .where("scope_kind", "=", scopeKind)
        .where("scope_id", "=", scopeId)
        .orderBy("month", "desc")
        .limit(limit)
        .execute();
      return found.map(fromRow);
    },
    async spendSince(keyId, fromMs) {
      const { total } = await db
        .selectFrom("request_log")
        .select(sql<number>`cast(coalesce(sum(cost_nano_usd), 0) as bigint)`.as("total"))
        .where("key_id", "=", keyId)
        .where("accepted_at_ms", ">=", Math.round(fromMs))
        .executeTakeFirstOrThrow();
      return Number(total);
    },
  };
}

const increment = `on conflict (scope_kind, scope_id, month) do update set
  cost_nano_usd = spend.cost_nano_usd + excluded.cost_nano_usd,
  request_count = spend.request_count + excluded.request_count,
  unpriced_count = spend.unpriced_count + excluded.unpriced_count,
  input_tokens = spend.input_tokens + excluded.input_tokens,
  output_tokens = spend.output_tokens + excluded.output_tokens`;

/** Books requests to their key, project and tenant. Each must be booked once: that is the caller's to know. */
export async function addSpend(
  transaction: Kysely<Schema>,
  facts: readonly RequestFinishedFact[],
): Promise<void> {
  const totals = new Map<string, SpendTable>();
  for (const { keyId, projectId, tenantId, acceptedAtMs, result } of facts) {
    const month = monthOf(acceptedAtMs);
    const scopes = { key: keyId, project: projectId, tenant: tenantId };
    for (const [kind, id] of Object.entries(scopes)) {
      if (id === null) continue;
      const scopeId = storableText(id);
      const key = `${kind} ${month} ${scopeId}`;
      const total =
        totals.get(key) ?? emptyRow({ scope_kind: kind as SpendScopeKind, scope_id: scopeId, month });
      total.cost_nano_usd += nanoUsdOf(result.costUsd) ?? 0;
      total.request_count += 1;
      total.unpriced_count += result.costUsd === null && result.usage !== null ? 1 : 0;
      total.input_tokens += result.usage?.inputTokens ?? 0;
      total.output_tokens += result.usage?.outputTokens ?? 0;
      totals.set(key, total);
    }
  }
  // In the order of their keys, so that two writers never wait for each other.
  const rows = [...totals].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
  await insertRows(transaction, { table: "spend", rows, clause: increment });
}

function emptyRow(scope: Pick<SpendTable, "scope_kind" | "scope_id" | "month">): SpendTable {
  return {
    ...scope,
    cost_nano_usd: 0,
    request_count: 0,
    unpriced_count: 0,
    input_tokens: 0,
    output_tokens: 0,
  };
}

function fromRow(row: SpendTable): Spend {
  return {
    scopeKind: row.scope_kind,
    scopeId: row.scope_id,
    month: row.month,
    costNanoUsd: row.cost_nano_usd,
    requestCount: row.request_count,
    unpricedCount: row.unpriced_count,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
  };
}
