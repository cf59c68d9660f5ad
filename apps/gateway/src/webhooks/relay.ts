import type {
  ClaimedDelivery,
  SigningSecretRepository,
  WebhookDeliveryRepository,
} from "@tokenhub/persistence";
import type { JobProducer } from "@tokenhub/queue";
import { webhookBodyOf } from "@tokenhub/webhooks";
import type { WebhookSecrets } from "./webhook-secrets.ts";

export interface RelayOptions {
  readonly deliveries: Pick<WebhookDeliveryRepository, "claim" | "giveBack" | "countSending">;
  readonly tenantSecrets: Pick<SigningSecretRepository, "ensure">;
  readonly secrets: Pick<WebhookSecrets, "make">;
  readonly producer: Pick<JobProducer, "addWebhook">;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  /** After that an attempt of which nothing was heard counts as lost. Default 60 s, and looked for every half of that. */
  readonly lostAfterMs?: number | undefined;
}

/** Brings deliveries from the database to the webhook workers. */
export interface WebhookRelay extends AsyncDisposable {
  /** Call it after a transaction that recorded events; returns at once. */
  readonly wake: () => void;
}

/** Deliveries of one receiver in Redis at once; the workers make few of them at a time. */
const perReceiver = 200;
/** Deliveries in Redis at once, over all gateways. */
const mostSending = 5_000;
const claimedAtOnce = 200;
const lostAtOnce = 500;
/** How often it looks for due deliveries without being told. */
const sweepMs = 1_000;
const defaultLostAfterMs = 60_000;

/**
 * Claims due deliveries and adds their jobs, when it is woken and each second. Claims are atomic, so that several gateways may
 * do so at once. What cannot be added goes back, and what is lost on the way is found and sent again under its old number.
 */
export function startRelay(options: RelayOptions): WebhookRelay {
  const lostAfterMs = options.lostAfterMs ?? defaultLostAfterMs;
  let isStopping = false;
  let isAsked = false;
  let running: Promise<void> | null = null;
  let sweeping: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    while (isAsked && !isStopping) {
      isAsked = false;
      if (await relayDue(options)) isAsked = true;
    }
  }
  function wake(): void {
    isAsked = true;
    if (isStopping || running !== null) return;
    running = run()
      .catch(options.onError)
      .finally(() => {
        running = null;
        // Asked for just when it had ended.
        if (isAsked) wake();
      });
  }
  const sweep = setInterval(wake, sweepMs);
  const lostSweep = setInterval(() => {
    sweeping = sweepLost(options, lostAfterMs).then(wake, options.onError);
  }, lostAfterMs / 2);
  wake();
  return {
    wake,
    async [Symbol.asyncDispose]() {
      isStopping = true;
      clearInterval(sweep);
      clearInterval(lostSweep);
      await Promise.all([running, sweeping]);
    },
  };
}

/** @returns whether there may be more. */
async function relayDue(options: RelayOptions): Promise<boolean> {
  const { deliveries, now } = options;
  const room = mostSending - (await deliveries.countSending());
  if (room <= 0) return false;
  const limit = Math.min(claimedAtOnce, room);
  const claimed = await deliveries.claim({ nowMs: now(), perReceiver, limit });
  const added = await Promise.allSettled(claimed.map((delivery) => addJob(options, delivery)));
  const refused = claimed.filter((_, index) => added[index]?.status === "rejected");
  if (refused.length > 0) {
    await deliveries.giveBack({ ids: refused.map(({ id }) => id) }, { nowMs: now() });
    throw added.find((outcome) => outcome.status === "rejected")?.reason;
  }
  return claimed.length === limit || claimed.some(({ sealedSecrets }) => sealedSecrets.length === 0);
}

async function addJob({ producer, ...options }: RelayOptions, delivery: ClaimedDelivery): Promise<void> {
  const { id, attempt, receiver, url, event } = delivery;
  // A tenant's secret is made when it is first needed; the delivery takes it along when it is claimed again.
  if (delivery.sealedSecrets.length === 0) return ensureSecret(options, delivery);
  await producer.addWebhook({
    v: 1,
    deliveryId: id,
    attempt,
    eventId: event.id,
    url,
    receiver,
    sealedSecrets: [...delivery.sealedSecrets],
    bodyText: webhookBodyOf(event),
  });
}

async function ensureSecret(
  { tenantSecrets, secrets, deliveries, now }: Omit<RelayOptions, "producer">,
  { id, event }: ClaimedDelivery,
): Promise<void> {
  await tenantSecrets.ensure(event.tenantId, secrets.make().sealed, { nowMs: now() });
  await deliveries.giveBack({ ids: [id] }, { nowMs: now() });
}

async function sweepLost({ deliveries, now }: RelayOptions, lostAfterMs: number): Promise<void> {
  const nowMs = now();
  await deliveries.giveBack({ sentBeforeMs: nowMs - lostAfterMs, limit: lostAtOnce }, { nowMs });
}
