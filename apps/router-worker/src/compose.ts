import { createKeyspace } from "@tokenhub/contracts";
import { createCallLedger } from "@tokenhub/ledger";
import {
  connectWorker,
  createBlockingConnection,
  createJobConsumer,
  createJobProducer,
  jobCatalogue,
  routeQueueName,
} from "@tokenhub/queue";
import { createLogger, createMetrics, startAdminServer, type Logger } from "@tokenhub/telemetry";
import type { RouterWorkerConfig } from "./config.ts";
import { createRouterEvents } from "./events.ts";
import { createSelectModel } from "./handlers/select-model.ts";
import { createRouterState } from "./router-state.ts";

export interface RouterWorker extends AsyncDisposable {
  readonly adminPort: number | null;
}

export interface RouterWorkerOverrides {
  readonly logger?: Logger;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Wires the router worker and starts it. Disposing finishes running jobs and hands back the rest. */
export async function compose(
  config: RouterWorkerConfig,
  overrides: RouterWorkerOverrides = {},
): Promise<RouterWorker> {
  await using stack = new AsyncDisposableStack();
  const logger = overrides.logger ?? createLogger({ service: "router-worker", level: config.logLevel });
  const metrics = createMetrics({ service: "router-worker", processMetrics: true });
  const keyspace = createKeyspace(config.redisPrefix);
  const onError = (error: Error): void => logger.error({ err: error }, "Redis does not answer");
  const connection = { url: config.redisUrl, onError };

  // One connection for jobs, ledger and hand-over: what one turn of the event loop sends travels together.
  const redis = stack.adopt(await connectWorker({ ...connection, name: "router" }), (client) =>
    client.disconnect(),
  );
  const subscriber = stack.adopt(createBlockingConnection({ ...connection, name: "router-sub" }), (client) =>
    client.disconnect(),
  );
  const producer = stack.use(createJobProducer(redis, keyspace, onError));
  const state = stack.use(await createRouterState({ subscriber, reader: redis, keyspace, onError }));

  const consumer = createJobConsumer({
    queueName: routeQueueName,
    definition: jobCatalogue.route,
    redis,
    keyspace,
    onError,
    ...(config.concurrency === null ? {} : { concurrency: config.concurrency }),
    handler: createSelectModel({
      state,
      producer,
      ledger: createCallLedger(redis, keyspace),
      events: createRouterEvents(logger, metrics),
      now: overrides.now ?? Date.now,
      random: overrides.random ?? Math.random,
    }),
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
              checks: {
                redis: { ok: redis.status === "ready", detail: redis.status },
                catalogue: { ok: state.catalogueIndex() !== null },
              },
            }),
          }),
        );
  logger.info({ adminPort: admin?.port ?? null }, "router worker ready");

  const resources = stack.move();
  return { adminPort: admin?.port ?? null, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
