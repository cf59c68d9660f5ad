import type { JobWebhook, WebhookEvent } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { insertRows } from "../insert-rows.ts";
import type { Schema } from "../schema/schema.ts";
import { newDeliveryRow } from "./delivery-row.ts";
import { eventReceiversOf, type EventListener, type EventReceiver } from "./event-receivers.ts";
import { eventTypesOf } from "./webhook-endpoint.ts";
import { rowOfWebhookEvent } from "./webhook-event-row.ts";

export interface EventsToRecord {
  readonly events: readonly WebhookEvent[];
  /** Where the job of an event wants to be told beside the endpoints of its tenant, by the event's id. */
  readonly jobWebhooks?: ReadonlyMap<string, JobWebhook>;
  /** Makes ids of deliveries, `whd_...`. */
  readonly newId: () => string;
  readonly nowMs: number;
}

/**
 * Records each event once, and for those that are new a delivery to every enabled endpoint of its tenant (and project) that
 * wants its type, and to its job's own URL. Events nobody wants are not stored. Takes part in the caller's transaction; when
 * nobody listens it is one read of an index.
 * @returns the number of deliveries that now wait; the relay is to be woken after the commit when there are any.
 */
export async function recordWebhookEvents(
  db: Kysely<Schema>,
  { events, jobWebhooks = new Map(), newId, nowMs }: EventsToRecord,
): Promise<number> {
  if (events.length === 0) return 0;
  const listeners = await listenersOf(db, [...new Set(events.map(({ tenantId }) => tenantId))]);
  const wanted = new Map<string, WantedEvent>();
  for (const event of events) {
    const receivers = eventReceiversOf(event, { listeners, jobWebhook: jobWebhooks.get(event.id) ?? null });
    if (receivers.length > 0) wanted.set(event.id, { event, receivers });
  }
  if (wanted.size === 0) return 0;
  const newEventIds = await insertEvents(db, [...wanted.values()]);
  const deliveries = [...wanted.values()]
    .filter(({ event }) => newEventIds.has(event.id))
    .flatMap(({ event, receivers }) =>
      receivers.map((receiver) =>
        newDeliveryRow({ id: newId(), event, receiver, trigger: "scheduled", nowMs }),
      ),
    );
  await insertRows(db, { table: "webhook_deliveries", rows: deliveries, clause: "" });
  return deliveries.length;
}

interface WantedEvent {
  readonly event: WebhookEvent;
  readonly receivers: readonly EventReceiver[];
}

/** Gives the ids that were not there before. */
async function insertEvents(
  db: Kysely<Schema>,
  wanted: readonly WantedEvent[],
): Promise<ReadonlySet<string>> {
  const inserted = await insertRows<"webhook_events", { readonly id: string }>(db, {
    table: "webhook_events",
    // In the order of ids, so that two writers of the same events never wait for each other.
    rows: wanted
      .map(({ event }) => rowOfWebhookEvent(event))
      .toSorted((left, right) => (left.id < right.id ? -1 : 1)),
    clause: "on conflict (id) do nothing returning id",
  });
  return new Set(inserted.map(({ id }) => id));
}

async function listenersOf(db: Kysely<Schema>, tenantIds: readonly string[]): Promise<EventListener[]> {
  const rows = await db
    .selectFrom("webhook_endpoints")
    .select(["id", "tenant_id", "project_id", "url", "event_types_json"])
    .where("tenant_id", "in", tenantIds)
    .where("status", "=", "enabled")
    .execute();
  return rows.map((row) => ({
    endpointId: row.id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    url: row.url,
    eventTypes: new Set(eventTypesOf(row)),
  }));
}
