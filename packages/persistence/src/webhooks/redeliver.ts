import { sql, type Kysely } from "kysely";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Schema } from "../schema/schema.ts";
import { deliveryConditions, type WebhookDeliveryFilters } from "./delivery-filters.ts";
import { webhookDeliveryOf, type WebhookDelivery, type WebhookDeliveryState } from "./delivery-row.ts";

/** What became of asking for a delivery again. */
export type Redelivered =
  | { readonly kind: "again"; readonly delivery: WebhookDelivery }
  | { readonly kind: "missing" }
  /** It is on its way already. */
  | { readonly kind: "open"; readonly delivery: WebhookDelivery }
  /** Its endpoint is disabled or gone. */
  | { readonly kind: "no_endpoint" };

export interface BulkRedelivery {
  readonly filters: WebhookDeliveryFilters;
  /** Only what failed for good; else everything that has ended, except what was discarded. */
  readonly onlyFailed: boolean;
  /** Deliveries at most. */
  readonly limit: number;
  readonly nowMs: number;
}

const batchRows = 500;
const endedStates = ["delivered", "failed", "discarded"] as const satisfies WebhookDeliveryState[];

export async function redeliverOne(
  db: Kysely<Schema>,
  id: string,
  { nowMs, ...filters }: WebhookDeliveryFilters & { readonly nowMs: number },
): Promise<Redelivered> {
  const conditions = [...deliveryConditions(filters), sql<boolean>`id = ${id}`];
  const mine = sql<boolean>`${sql.join(conditions, sql` and `)}`;
  const row = await db
    .updateTable("webhook_deliveries")
    .set(againColumns({ trigger: "manual", nowMs }))
    .where(mine)
    .where("state", "in", [...endedStates])
    .where(isReceiverOpen)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) return { kind: "again", delivery: webhookDeliveryOf(row) };
  const found = await db.selectFrom("webhook_deliveries").selectAll().where(mine).executeTakeFirst();
  if (found === undefined) return { kind: "missing" };
  const isOpen = found.state === "pending" || found.state === "sending";
  return isOpen ? { kind: "open", delivery: webhookDeliveryOf(found) } : { kind: "no_endpoint" };
}

/** Oldest first, a batch at a time, so that the synchronous SQLite driver holds nobody up. */
export async function redeliverMany(
  db: Kysely<Schema>,
  { filters, onlyFailed, limit, nowMs }: BulkRedelivery,
): Promise<number> {
  const states: readonly WebhookDeliveryState[] = onlyFailed ? ["failed"] : ["failed", "delivered"];
  const wanted = sql`${sql.join(
    [...deliveryConditions({ ...filters, states }), isReceiverOpen],
    sql` and `,
  )}`;
  let again = 0;
  let after = { created_at_ms: -1, id: "" };
  while (again < limit) {
    const { rows } = await sql<{ id: string; created_at_ms: number }>`
      select id, created_at_ms from webhook_deliveries
      where ${wanted} and (created_at_ms, id) > (${after.created_at_ms}, ${after.id})
      order by created_at_ms, id limit ${Math.min(batchRows, limit - again)}`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) break;
    const { numUpdatedRows } = await db
      .updateTable("webhook_deliveries")
      .set(againColumns({ trigger: "recovery", nowMs }))
      .where(
        "id",
        "in",
        rows.map(({ id }) => id),
      )
      .where("state", "in", [...states])
      .executeTakeFirst();
    again += Number(numUpdatedRows);
    after = last;
    await nextTurn();
  }
  return again;
}

const isReceiverOpen = sql<boolean>`(endpoint_id is null or exists (
  select 1 from webhook_endpoints where webhook_endpoints.id = webhook_deliveries.endpoint_id
    and webhook_endpoints.status = 'enabled'))`;

function againColumns({
  trigger,
  nowMs,
}: {
  readonly trigger: "manual" | "recovery";
  readonly nowMs: number;
}) {
  return {
    state: "pending",
    trigger,
    earlier_attempts: sql<number>`attempt`,
    next_attempt_at_ms: nowMs,
    sent_at_ms: null,
    finished_at_ms: null,
  } as const;
}
