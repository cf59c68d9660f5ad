import { sql, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** What each attempt was worth, what is believed of each model, and what each key, project and tenant has spent. */
export async function createRewardsAndSpend(db: Kysely<unknown>): Promise<void> {
  await createRewardLog(db);
  await db.schema
    .createTable("bandit_arms")
    .addColumn("model_id", "text", (column) => column.notNull())
    .addColumn("token_bucket", "text", (column) => column.notNull())
    .addColumn("alpha", "double precision", (column) => column.notNull())
    .addColumn("beta", "double precision", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("bandit_arms_key", ["model_id", "token_bucket"])
    .execute();
  await db.schema
    .createTable("spend")
    .addColumn("scope_kind", "text", (column) => column.notNull())
    .addColumn("scope_id", "text", (column) => column.notNull())
    .addColumn("month", "text", (column) => column.notNull())
    .addColumn("cost_nano_usd", "bigint", (column) => column.notNull())
    .addColumn("request_count", "bigint", (column) => column.notNull())
    .addColumn("unpriced_count", "bigint", (column) => column.notNull())
    .addColumn("input_tokens", "bigint", (column) => column.notNull())
    .addColumn("output_tokens", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("spend_key", ["scope_kind", "scope_id", "month"])
    .execute();
  await createIndexes(db, [["call_incidents_by_time", "call_incidents", ["occurred_at_ms"]]]);
  await countEarlierSpend(db);
}

async function createRewardLog(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("reward_log")
    .addColumn("event_id", "text", (column) => column.notNull())
    .addColumn("attempt_index", "integer", (column) => column.notNull())
    .addColumn("timestamp_ms", "bigint", (column) => column.notNull())
    .addColumn("request_id", "text", (column) => column.notNull())
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("key_id", "text")
    .addColumn("model_id", "text", (column) => column.notNull())
    .addColumn("provider_id", "text", (column) => column.notNull())
    .addColumn("strategy", "text")
    .addColumn("mode", "text")
    .addColumn("estimated_tokens", "bigint", (column) => column.notNull())
    .addColumn("token_bucket", "text", (column) => column.notNull())
    .addColumn("latency_budget_ms", "bigint")
    .addColumn("latency_ms", "bigint", (column) => column.notNull())
    .addColumn("cost_nano_usd", "bigint")
    .addColumn("succeeded", "integer", (column) => column.notNull())
    .addColumn("error_class", "text")
    .addColumn("explored", "integer", (column) => column.notNull())
    .addColumn("propensity", "double precision")
    .addColumn("quality", "double precision")
    .addColumn("reward", "double precision", (column) => column.notNull())
    .addPrimaryKeyConstraint("reward_log_key", ["event_id", "attempt_index"])
    .execute();
  await createIndexes(db, [["reward_log_by_time", "reward_log", ["timestamp_ms"]]]);
}

/** Requests that were logged before there was a ledger of spend; they had a tenant, but no key and no project. */
async function countEarlierSpend(db: Kysely<unknown>): Promise<void> {
  // Months begin at midnight UTC, so whole days add up to them.
  const { rows } = await sql<Record<(typeof amountNames)[number] | "day", number> & { tenant_id: string }>`
    select tenant_id, accepted_at_ms / 86400000 as day,
      cast(sum(coalesce(cost_nano_usd, 0)) as bigint) as cost_nano_usd,
      count(*) as request_count,
      cast(sum(case when cost_nano_usd is null and usage_source is not null then 1 else 0 end) as bigint) as unpriced_count,
      cast(sum(coalesce(input_tokens, 0)) as bigint) as input_tokens,
      cast(sum(coalesce(output_tokens, 0)) as bigint) as output_tokens
    from request_log group by 1, 2`.execute(db);
  const totals = new Map<string, readonly number[]>();
  for (const row of rows) {
    const month = new Date(Number(row.day) * 86_400_000).toISOString().slice(0, 7);
    const key = JSON.stringify([row.tenant_id, month]);
    const before = totals.get(key);
    totals.set(
      key,
      amountNames.map((name, index) => (before?.[index] ?? 0) + Number(row[name])),
    );
  }
  for (const [key, amounts] of totals) {
    const [tenantId, month] = JSON.parse(key) as [string, string];
    await sql`insert into spend (scope_kind, scope_id, month, ${sql.join(amountNames.map((name) => sql.ref(name)))})
      values ('tenant', ${tenantId}, ${month}, ${sql.join(amounts)})`.execute(db);
  }
}

const amountNames = [
  "cost_nano_usd",
  "request_count",
  "unpriced_count",
  "input_tokens",
  "output_tokens",
] as const;
