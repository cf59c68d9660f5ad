import { TokenHubError, type WebhookEventType } from "@tokenhub/contracts";
import type { WebhookAttempt, WebhookEndpoint } from "@tokenhub/persistence";
import { setTimeout as sleep } from "node:timers/promises";
import { webhookEventOf } from "./webhook-event-of.ts";
import type { WebhookManagement } from "./webhook-management.ts";
import { newDeliveryId } from "./webhook-recording.ts";

const waitMs = 15_000;
const lookEveryMs = 50;

/**
 * Sends a sample event to an endpoint, signed, on the way that all deliveries take, and waits for its outcome. Also to a
 * disabled endpoint, so that it can be tried before it is enabled.
 * @returns the receiver's status, which is a 2xx.
 * @throws TokenHubError `invalid_request` when the receiver did not take it, `deadline_exceeded` when nothing was heard in time.
 */
export async function deliverTest(
  { deliveries, wake, now }: Pick<WebhookManagement, "deliveries" | "wake" | "now">,
  {
    endpoint,
    eventType,
    signal,
  }: {
    readonly endpoint: WebhookEndpoint;
    readonly eventType: WebhookEventType;
    /** Ends the waiting; the delivery goes on. */
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const id = newDeliveryId();
  await deliveries.addTest({
    id,
    event: sampleEvent({ id, endpoint, eventType, nowMs: now() }),
    endpoint,
    nowMs: now(),
  });
  wake();
  const giveUpAtMs = performance.now() + waitMs;
  while (performance.now() < giveUpAtMs && !signal.aborted) {
    const attempt = (await deliveries.attempts([id])).get(id)?.at(-1);
    if (attempt !== undefined) return statusOf(attempt);
    await sleep(lookEveryMs);
  }
  throw new TokenHubError(
    "deadline_exceeded",
    `Nothing was heard of the test within ${waitMs / 1_000} s. See the endpoint's deliveries for what became of ${id}.`,
  );
}

function statusOf({ outcome, statusCode, problem }: WebhookAttempt): number {
  if (outcome === "delivered" && statusCode !== null) return statusCode;
  throw new TokenHubError(
    "invalid_request",
    `The test was not delivered. ${problem ?? "The receiver did not take it."}`,
    { param: "url" },
  );
}

/** Its subject is nothing that exists, and says so. */
function sampleEvent({
  id,
  endpoint,
  eventType,
  nowMs,
}: {
  readonly id: string;
  readonly endpoint: WebhookEndpoint;
  readonly eventType: WebhookEventType;
  readonly nowMs: number;
}) {
  return webhookEventOf({
    type: eventType,
    subjectId: id,
    tenantId: endpoint.tenantId,
    projectId: endpoint.projectId,
    createdAtMs: nowMs,
    data: { id: `test_${id}`, test: true },
  });
}
