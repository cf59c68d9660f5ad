import type { WebhookEvent } from "@tokenhub/contracts";
import { sql, type Kysely } from "kysely";
import { selectPage, whereEquals, whereTime, type Page, type PageRequest } from "../page.ts";
import type { Schema } from "../schema/schema.ts";
import type { WebhookDeliveryTable, WebhookEventTable } from "../schema/webhook-tables.ts";
import { transaction } from "../transaction.ts";
import { claimDeliveries, type ClaimedDelivery, type DeliveryClaim } from "./claim-deliveries.ts";
import { deliveryConditions, type WebhookDeliveryFilters } from "./delivery-filters.ts";
import {
  newDeliveryRow,
  webhookAttemptOf,
  webhookDeliveryOf,
  type WebhookAttempt,
  type WebhookDelivery,
} from "./delivery-row.ts";
import { receiverOfEndpoint } from "./event-receivers.ts";
import { redeliverMany, redeliverOne, type BulkRedelivery, type Redelivered } from "./redeliver.ts";
import type { WebhookEndpoint } from "./webhook-endpoint.ts";
import { rowOfWebhookEvent, webhookEventOf } from "./webhook-event-row.ts";

export interface WebhookDeliveryRepository {
  /** See `claimDeliveries`. */
  readonly claim: (claim: DeliveryClaim) => Promise<ClaimedDelivery[]>;
  /** How many are under way, over all gateways. */
  readonly countSending: () => Promise<number>;
  /**
   * Puts deliveries back (sending -> pending, due at once) whose attempt was never made: those named, or all that were sent
   * before a time. The attempt keeps its number, so that one that is made after all counts once.
   */
  readonly giveBack: (
    which: { readonly ids: readonly string[] } | { readonly sentBeforeMs: number; readonly limit: number },
    write: { readonly nowMs: number },
  ) => Promise<number>;
  /** Records an event that only this endpoint hears of, once, whatever types it wants. */
  readonly addTest: (test: {
    readonly id: string;
    readonly event: WebhookEvent;
    readonly endpoint: Pick<WebhookEndpoint, "id" | "url">;
    readonly nowMs: number;
  }) => Promise<void>;
  readonly get: (id: string, filters?: WebhookDeliveryFilters) => Promise<WebhookDelivery | null>;
  /** Newest first, behind `after`: a page without a count. */
  readonly list: (request: {
    readonly filters: WebhookDeliveryFilters;
    readonly limit: number;
    readonly after: Pick<WebhookDelivery, "createdAtMs" | "id"> | null;
  }) => Promise<WebhookDelivery[]>;
  readonly page: (
    request: PageRequest & { readonly filters?: WebhookDeliveryFilters },
  ) => Promise<Page<WebhookDelivery>>;
  /** Oldest first, by delivery. */
  readonly attempts: (
    deliveryIds: readonly string[],
  ) => Promise<ReadonlyMap<string, readonly WebhookAttempt[]>>;
  readonly event: (id: string) => Promise<WebhookEvent | null>;
  readonly eventPage: (
    request: PageRequest & {
      readonly filters?: {
        readonly tenantId?: string | undefined;
        readonly type?: string | undefined;
        readonly fromMs?: number | undefined;
        readonly toMs?: number | undefined;
      };
    },
  ) => Promise<Page<WebhookEvent>>;
  /** Ends a delivery that waits or has failed. Null: there is none, or it is in another state. */
  readonly discard: (
    id: string,
    write: WebhookDeliveryFilters & { readonly nowMs: number },
  ) => Promise<WebhookDelivery | null>;
  /** One more attempt, now; it is not tried again. */
  readonly redeliver: (
    id: string,
    write: WebhookDeliveryFilters & { readonly nowMs: number },
  ) => Promise<Redelivered>;
  /** Ended deliveries from the start of the schedule, oldest first, at most `limit` of them. */
  readonly redeliverMany: (bulk: BulkRedelivery) => Promise<number>;
}

/** @param db a database, or a transaction to take part in. */
export function createWebhookDeliveryRepository(db: Kysely<Schema>): WebhookDeliveryRepository {
  const select = (filters: WebhookDeliveryFilters) =>
    db
      .selectFrom("webhook_deliveries")
      .selectAll()
      .where(allOf(deliveryConditions(filters)));
  return {
    claim: (claim) => claimDeliveries(db, claim),
    async countSending() {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from webhook_deliveries where state = 'sending'`.execute(db);
      return Number(rows[0]?.count ?? 0);
    },
    giveBack: (which, { nowMs }) => giveBack(db, which, nowMs),
    addTest: ({ id, event, endpoint, nowMs }) =>
      transaction(db, async (begun) => {
        const receiver = receiverOfEndpoint({ endpointId: endpoint.id, url: endpoint.url });
        await begun.insertInto("webhook_events").values(rowOfWebhookEvent(event)).execute();
        const row = newDeliveryRow({ id, event, receiver, trigger: "test", nowMs });
        await begun.insertInto("webhook_deliveries").values(row).execute();
      }),
    async get(id, filters = {}) {
      const row = await select(filters).where("id", "=", id).executeTakeFirst();
      return row === undefined ? null : webhookDeliveryOf(row);
    },
    async list({ filters, limit, after }) {
      const rows = await select(filters)
        .$if(after !== null, (query) =>
          query.where(sql<boolean>`(created_at_ms, id) < (${after?.createdAtMs ?? 0}, ${after?.id ?? ""})`),
        )
        .orderBy("created_at_ms", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map(webhookDeliveryOf);
    },
    async page({ filters = {}, ...page }) {
      const { items, total } = await selectPage<WebhookDeliveryTable>(db, {
        ...page,
        table: "webhook_deliveries",
        conditions: deliveryConditions(filters),
        orderBy: newestFirst,
      });
      return { items: items.map(webhookDeliveryOf), total };
    },
    async attempts(deliveryIds) {
      if (deliveryIds.length === 0) return new Map();
      const rows = await db
        .selectFrom("webhook_attempts")
        .selectAll()
        .where("delivery_id", "in", [...deliveryIds])
        .orderBy("delivery_id")
        .orderBy("attempt")
        .execute();
      return Map.groupBy(rows.map(webhookAttemptOf), ({ deliveryId }) => deliveryId);
    },
    async event(id) {
      const row = await db.selectFrom("webhook_events").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? null : webhookEventOf(row);
    },
    async eventPage({ filters = {}, ...page }) {
      const { items, total } = await selectPage<WebhookEventTable>(db, {
        ...page,
        table: "webhook_events",
        conditions: [
          ...whereEquals("tenant_id", filters.tenantId),
          ...whereEquals("type", filters.type),
          ...whereTime("created_at_ms", filters),
        ],
        orderBy: newestFirst,
      });
      return { items: items.map(webhookEventOf), total };
    },
    async discard(id, { nowMs, ...filters }) {
      const row = await db
        .updateTable("webhook_deliveries")
        .set({ state: "discarded", next_attempt_at_ms: null, finished_at_ms: nowMs })
        .where("id", "=", id)
        .where("state", "in", ["pending", "failed"])
        .where(allOf(deliveryConditions(filters)))
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? null : webhookDeliveryOf(row);
    },
    redeliver: (id, write) => redeliverOne(db, id, write),
    redeliverMany: (bulk) => redeliverMany(db, bulk),
  };
}

const newestFirst = [
  { column: "created_at_ms", direction: "desc" },
  { column: "id", direction: "desc" },
] as const;

function allOf(conditions: ReturnType<typeof deliveryConditions>) {
  return conditions.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`${sql.join(conditions, sql` and `)}`;
}

async function giveBack(
  db: Kysely<Schema>,
  which: Parameters<WebhookDeliveryRepository["giveBack"]>[0],
  nowMs: number,
): Promise<number> {
  if ("ids" in which && which.ids.length === 0) return 0;
  const chosen =
    "ids" in which
      ? sql`${sql.join(which.ids)}`
      : sql`select id from webhook_deliveries
            where state = 'sending' and sent_at_ms < ${which.sentBeforeMs} limit ${which.limit}`;
  const { numAffectedRows = 0n } = await sql`
    update webhook_deliveries
    set state = 'pending', attempt = attempt - 1, sent_at_ms = null, next_attempt_at_ms = ${nowMs}
    where id in (${chosen}) and state = 'sending'`.execute(db);
  return Number(numAffectedRows);
}
