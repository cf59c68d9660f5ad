import type { WebhookEvent } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import type { AttemptedDelivery, AttemptEffect } from "./apply-attempt.ts";
import { endOpenDeliveries } from "./end-open-deliveries.ts";
import { recordWebhookEvents } from "./record-events.ts";
import { disabledColumns } from "./webhook-endpoint-repository.ts";
import { webhookEndpointOf, type WebhookEndpoint } from "./webhook-endpoint.ts";

export interface DisablingOptions {
  /** The event that tells of an endpoint that was disabled. */
  readonly disabledEventOf: (endpoint: WebhookEndpoint) => WebhookEvent;
  /** Makes ids of deliveries. */
  readonly newId: () => string;
  readonly nowMs: number;
}

/** Writes since when endpoints fail, and disables those that are to be. */
export async function writeEndpointHealth(
  db: Kysely<Schema>,
  {
    effects,
    deliveries,
    failedSoFar,
    batch,
  }: {
    readonly effects: ReadonlyMap<string, AttemptEffect>;
    readonly deliveries: ReadonlyMap<string, AttemptedDelivery>;
    /** What the rows of endpoints say. */
    readonly failedSoFar: ReadonlyMap<string | null, number | null>;
    readonly batch: DisablingOptions;
  },
): Promise<void> {
  const changes = new Map<string, Pick<AttemptEffect, "failingSinceMs" | "disabledReason">>();
  for (const [id, effect] of effects) {
    const endpointId = deliveries.get(id)?.endpointId ?? null;
    if (endpointId === null || !effect.changesHealth) continue;
    const disabledReason = effect.disabledReason ?? changes.get(endpointId)?.disabledReason ?? null;
    changes.set(endpointId, { failingSinceMs: effect.failingSinceMs, disabledReason });
  }
  const ordered = [...changes].toSorted(([left], [right]) => (left < right ? -1 : 1));
  for (const [endpointId, { failingSinceMs, disabledReason }] of ordered) {
    if (failedSoFar.get(endpointId) !== failingSinceMs)
      await db
        .updateTable("webhook_endpoints")
        .set({ failing_since_ms: failingSinceMs })
        .where("id", "=", endpointId)
        .execute();
    if (disabledReason !== null) await disable(db, { endpointId, reason: disabledReason, batch });
  }
}

async function disable(
  db: Kysely<Schema>,
  {
    endpointId,
    reason,
    batch: { disabledEventOf, newId, nowMs },
  }: { readonly endpointId: string; readonly reason: string; readonly batch: DisablingOptions },
): Promise<void> {
  const row = await db
    .updateTable("webhook_endpoints")
    .set(disabledColumns({ reason, nowMs }))
    .where("id", "=", endpointId)
    // Whoever disables it tells of it; everybody else comes too late.
    .where("status", "=", "enabled")
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return;
  await endOpenDeliveries(db, { endpointId, state: "failed", nowMs });
  await recordWebhookEvents(db, { events: [disabledEventOf(webhookEndpointOf(row))], newId, nowMs });
}
