import { createKeyspace } from "@tokenhub/contracts";
import { connectWorker, createJobConsumer, jobCatalogue, webhookQueueName } from "@tokenhub/queue";
import {
  createJobTracing,
  createLogger,
  createMetrics,
  startAdminServer,
  startHeartbeat,
  startTracer,
  type Logger,
} from "@tokenhub/telemetry";
import { createResolveHost, deliverWebhook, type ResolveHost } from "@tokenhub/webhooks";
import { createAttemptSlots } from "./attempt-slots.ts";
import type { WebhookWorkerConfig } from "./config.ts";
import { createWebhookEvents } from "./events.ts";
import { createAttemptDelivery } from "./handlers/attempt-delivery.ts";
import { traceAttempts } from "./trace-attempts.ts";

export type { WebhookWorkerConfig } from "./config.ts";

export interface WebhookWorker extends AsyncDisposable {
  readonly adminPort: number | null;
}

export interface WebhookWorkerOverrides {
  readonly logger?: Logger;
  readonly now?: () => number;
  readonly resolveHost?: ResolveHost;
}

const defaultTimeoutMs = 15_000;
/** A small part of what a process does at a time. */
const attemptsPerReceiver = 8;
/** Jobs that wait for their receiver cost little more than their text, so that the queue need not take them back. */
const placesPerAttempt = 4;

/** Wires the webhook worker and starts it. Disposing finishes running attempts and hands back the rest. */
export async function compose(
  config: WebhookWorkerConfig,
  overrides: WebhookWorkerOverrides = {},
): Promise<WebhookWorker> {
  await using stack = new AsyncDisposableStack();
  const { allow, clusterSecret } = config;
  const now = overrides.now ?? Date.now;
  const logger = overrides.logger ?? createLogger({ service: "webhook-worker", level: config.logLevel });
  const metrics = createMetrics({ service: "webhook-worker", processMetrics: true });
  const onTrouble = (message: string): void => logger.warn(message);
  const tracer = await startTracer({ config: config.tracing, service: "webhook-worker", onTrouble });
  stack.use(tracer);
  stack.use(startHeartbeat(metrics));
  const tracing = createJobTracing(tracer, { name: "tokenhub.webhook", kind: "consumer" });
  const keyspace = createKeyspace(config.redisPrefix);
  const onError = (error: Error): void => logger.error({ err: error }, "Redis does not answer");
  const redis = stack.adopt(
    await connectWorker({ url: config.redisUrl, onError, name: "webhook" }),
    (client) => client.disconnect(),
  );

  const events = createWebhookEvents({ logger, metrics, tracing, now });
  const resolveHost = overrides.resolveHost ?? createResolveHost({ asksSystem: allow.length > 0 });
  const timeoutMs = config.timeoutMs ?? defaultTimeoutMs;
  const attempts = config.concurrency ?? jobCatalogue.webhook.concurrency;
  const places = attempts * placesPerAttempt;
  const attemptDelivery = createAttemptDelivery({
    deliver: (job, signal) =>
      deliverWebhook(job, { clusterSecret, allow, resolveHost, timeoutMs, now, signal }),
    slots: createAttemptSlots({
      attempts,
      perReceiver: attemptsPerReceiver,
      places,
      now: () => performance.now(),
    }),
    redis,
    keyspace,
    events,
  });
  const consumer = createJobConsumer({
    queueName: webhookQueueName,
    definition: jobCatalogue.webhook,
    redis,
    keyspace,
    onError,
    concurrency: attempts + places,
    onGivenUp: async (job, error) => events.givenUp(job, error),
    handler: traceAttempts(tracing, attemptDelivery),
  });
  stack.defer(() => consumer.stop(config.drainMs));

  const admin =
    config.adminPort === null
      ? null
      : stack.use(
          await startAdminServer({
            host: config.adminHost,
            port: config.adminPort,
            registry: metrics.registry,
            health: () => ({
              ready: consumer.isRunning() && redis.status === "ready",
              checks: { redis: { ok: redis.status === "ready", detail: redis.status } },
            }),
          }),
        );
  logger.info({ adminPort: admin?.port ?? null, opened: allow.length }, "webhook worker ready");

  const resources = stack.move();
  return { adminPort: admin?.port ?? null, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
