import { webhookAttemptedFactSchema, type WebhookAttemptedFact, type WebhookJob } from "@tokenhub/contracts";
import {
  callDurationBuckets,
  createLineLimiter,
  type JobTracing,
  type Logger,
  type Metrics,
} from "@tokenhub/telemetry";

/** The webhook worker's business events: a low-cardinality count and a log line for each. No URL, body or answer is logged. */
export interface WebhookEvents {
  attempted(job: WebhookJob, fact: WebhookAttemptedFact): void;
  /** Too many wait for its receiver. */
  postponed(): void;
  /** The worker stops; somebody else makes the attempt again. */
  interrupted(job: WebhookJob): void;
  /** The attempt was made, perhaps several times, and could not be reported. */
  givenUp(job: WebhookJob, error: Error): void;
}

export interface WebhookEventsOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Pick<JobTracing, "current">;
  readonly now: () => number;
}

/** A receiver that is down must not fill the log. */
const failuresPerMinute = 60;

export function createWebhookEvents({ logger, metrics, tracing, now }: WebhookEventsOptions): WebhookEvents {
  const { outcome: outcomes } = webhookAttemptedFactSchema.shape;
  const attempts = metrics.counter({
    name: "tokenhub_webhook_attempts_total",
    help: "Attempts to deliver a webhook, and how they ended.",
    labels: { outcome: outcomes.options },
  });
  const durations = metrics.histogram({
    name: "tokenhub_webhook_attempt_seconds",
    help: "Time of one attempt, from the look-up of the receiver's name to the end of its answer.",
    labels: { outcome: outcomes.options },
    buckets: callDurationBuckets,
  });
  const postponed = metrics.counter({
    name: "tokenhub_webhook_postponed_total",
    help: "Times an attempt went back to the queue because too many waited for its receiver already.",
    labels: {},
  });
  const limiter = createLineLimiter({ perMinute: failuresPerMinute, now });

  return {
    attempted({ eventId }, { deliveryId, attempt, outcome, statusCode, durationMs }) {
      attempts.add({ outcome });
      durations.observe({ outcome }, durationMs / 1_000);
      const facts = { deliveryId, attempt, webhookEventId: eventId, outcome, statusCode, durationMs };
      if (outcome === "delivered") return logger.debug(facts, "webhook delivered");
      tracing.current()?.fail(outcome);
      if (outcome === "unreadable_secret") return limiter.line(() => logger.error(facts, cannotSign));
      limiter.line((suppressed) => logger.info({ ...facts, suppressed }, "webhook not delivered"));
    },
    postponed: () => postponed.add({}),
    interrupted({ deliveryId, attempt }) {
      logger.info({ deliveryId, attempt }, "a webhook under way was handed back to be sent again");
    },
    givenUp({ deliveryId, attempt }, error) {
      logger.error(
        { deliveryId, attempt, err: error },
        "an attempt to deliver a webhook could not be reported; the gateway has it made again",
      );
    },
  };
}

const cannotSign =
  "a webhook could not be signed: this worker has another cluster secret than the gateway that stored its signing secret";
