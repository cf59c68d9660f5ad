import type { WebhookAttemptedFact } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { insertRows } from "../insert-rows.ts";
import type { Schema } from "../schema/schema.ts";
import { storableText } from "../storable-text.ts";
import { transaction } from "../transaction.ts";
import {
  applyAttempt,
  type AttemptDecider,
  type AttemptedDelivery,
  type AttemptEffect,
} from "./apply-attempt.ts";
import { writeEndpointHealth, type DisablingOptions } from "./write-endpoint-health.ts";

export interface AttemptsToRecord extends DisablingOptions {
  readonly attempts: readonly WebhookAttemptedFact[];
  /** What follows from an attempt; asked once for each. */
  readonly decide: AttemptDecider;
}

/**
 * Writes what became of attempts, in one transaction: each attempt once, however often it is told; its delivery's next
 * state; since when its endpoint fails, and that it is disabled, with the event that tells so. Attempts of deliveries that
 * are gone are ignored.
 * @returns how many attempts are new.
 */
export function recordWebhookAttempts(db: Kysely<Schema>, batch: AttemptsToRecord): Promise<number> {
  const { attempts, decide, nowMs } = batch;
  if (attempts.length === 0) return Promise.resolve(0);
  return transaction(db, async (begun) => {
    const deliveries = await readDeliveries(begun, attempts);
    const fresh = await insertAttempts(
      begun,
      attempts.filter(({ deliveryId }) => deliveries.has(deliveryId)),
    );
    const failedSoFar = new Map(
      [...deliveries.values()].map(({ endpointId, failingSinceMs }) => [endpointId, failingSinceMs]),
    );
    const effects = new Map<string, AttemptEffect>();
    const failingSince = new Map<string, number | null>();
    for (const attempted of fresh) {
      const delivery = deliveries.get(attempted.deliveryId);
      if (delivery === undefined) continue;
      const { endpointId } = delivery;
      const known = endpointId === null ? undefined : failingSince.get(endpointId);
      const seen = known === undefined ? delivery : { ...delivery, failingSinceMs: known };
      const effect = applyAttempt(seen, { attempted, decide, nowMs });
      if (effect === null) continue;
      effects.set(delivery.id, effect);
      deliveries.set(delivery.id, { ...seen, ...effect.delivery });
      if (endpointId !== null) failingSince.set(endpointId, effect.failingSinceMs);
    }
    for (const [id, { delivery }] of effects) await writeDelivery(begun, id, delivery);
    await writeEndpointHealth(begun, { effects, deliveries, failedSoFar, batch });
    return fresh.length;
  });
}

async function readDeliveries(
  db: Kysely<Schema>,
  attempts: readonly WebhookAttemptedFact[],
): Promise<Map<string, AttemptedDelivery>> {
  const rows = await db
    .selectFrom("webhook_deliveries as d")
    .leftJoin("webhook_endpoints as p", "p.id", "d.endpoint_id")
    .select(["d.id", "d.endpoint_id", "d.state", "d.trigger", "d.attempt", "d.earlier_attempts"])
    .select(["p.status", "p.failing_since_ms"])
    .where("d.id", "in", [...new Set(attempts.map(({ deliveryId }) => deliveryId))])
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        endpointId: row.endpoint_id,
        endpointStatus: row.status,
        failingSinceMs: row.failing_since_ms,
        state: row.state,
        trigger: row.trigger,
        attempt: row.attempt,
        earlierAttempts: row.earlier_attempts,
      },
    ]),
  );
}

/** Gives those that were not told before, in the order in which they were made. */
async function insertAttempts(
  db: Kysely<Schema>,
  attempts: readonly WebhookAttemptedFact[],
): Promise<WebhookAttemptedFact[]> {
  const byKey = new Map(attempts.map((attempt) => [keyOf(attempt), attempt]));
  const inserted = await insertRows<
    "webhook_attempts",
    { readonly delivery_id: string; readonly attempt: number }
  >(db, {
    table: "webhook_attempts",
    rows: [...byKey.entries()]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([, attempted]) => ({
        delivery_id: attempted.deliveryId,
        attempt: attempted.attempt,
        started_at_ms: Math.round(attempted.startedAtMs),
        duration_ms: Math.round(attempted.durationMs),
        outcome: attempted.outcome,
        status_code: attempted.statusCode,
        response_text: storableText(attempted.responseText),
        problem: storableText(attempted.problem),
      })),
    clause: "on conflict (delivery_id, attempt) do nothing returning delivery_id, attempt",
  });
  return inserted
    .flatMap((row) => byKey.get(keyOf({ deliveryId: row.delivery_id, attempt: row.attempt })) ?? [])
    .toSorted((left, right) => left.startedAtMs - right.startedAtMs || left.attempt - right.attempt);
}

function keyOf({ deliveryId, attempt }: Pick<WebhookAttemptedFact, "deliveryId" | "attempt">): string {
  return `${deliveryId}.${String(attempt).padStart(6, "0")}`;
}

async function writeDelivery(
  db: Kysely<Schema>,
  id: string,
  { state, attempt, nextAttemptAtMs, finishedAtMs }: AttemptEffect["delivery"],
): Promise<void> {
  await db
    .updateTable("webhook_deliveries")
    .set({
      state,
      attempt,
      next_attempt_at_ms: nextAttemptAtMs,
      sent_at_ms: null,
      finished_at_ms: finishedAtMs,
    })
    .where("id", "=", id)
    .where("state", "in", ["pending", "sending"])
    .execute();
}
