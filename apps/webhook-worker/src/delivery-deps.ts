import type { Keyspace, WebhookJob } from "@tokenhub/contracts";
import type { WebhookDelivery } from "@tokenhub/webhooks";
import type { Redis } from "ioredis";
import type { WebhookEvents } from "./events.ts";
import type { AttemptSlots } from "./attempt-slots.ts";

/** What an attempt needs; every effect on the world is one of these. */
export interface DeliveryDeps {
  readonly deliver: (job: WebhookJob, signal: AbortSignal) => Promise<WebhookDelivery>;
  readonly slots: AttemptSlots;
  readonly redis: Pick<Redis, "xadd">;
  readonly keyspace: Pick<Keyspace, "facts">;
  readonly events: WebhookEvents;
}
