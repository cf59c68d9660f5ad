import type { WebhookAttemptedFact, WebhookJob } from "@tokenhub/contracts";
import type { JobHandler } from "@tokenhub/queue";
import type { DeliveryDeps } from "../delivery-deps.ts";

/**
 * Makes the attempt that a job asks for and reports how it went. A job that comes twice, because its worker died before it
 * was done or Redis did not take the report, is made twice, with the same `webhook-id`; its report counts once.
 */
export function createAttemptDelivery(deps: DeliveryDeps): JobHandler<WebhookJob> {
  const { deliver, slots, redis, keyspace, events } = deps;
  return async (job, signal) => {
    const slot = await slots.take(job.receiver, signal);
    if (slot.kind === "away") {
      events.postponed();
      return { kind: "snooze", delayMs: slot.comeBackInMs };
    }
    const delivery = await deliver(job, signal).finally(slot.release);
    if (delivery.kind === "interrupted") {
      events.interrupted(job);
      return { kind: "snooze", delayMs: 0 };
    }
    const fact: WebhookAttemptedFact = {
      v: 1,
      type: "webhook-attempted",
      eventId: `${job.deliveryId}.${job.attempt}`,
      deliveryId: job.deliveryId,
      attempt: job.attempt,
      ...delivery.attempt,
    };
    events.attempted(job, fact);
    await redis.xadd(keyspace.facts, "*", "fact", JSON.stringify(fact));
    return { kind: "done" };
  };
}
