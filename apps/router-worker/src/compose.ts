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
import { createDecisionCache } from "@tokenhub/routing";
import {
  createJobTracing,
  createLogger,
  createMetrics,
  startAdminServer,
  startHeartbeat,
  startTracer,
  type Logger,
} from "@tokenhub/telemetry";
import { createAliasTurns } from "./alias-turns.ts";
import { createBanditFollower } from "./bandit-follower.ts";
import type { RouterWorkerConfig } from "./config.ts";
import { endRequest, failures } from "./end-request.ts";
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

/** Decisions remembered; each holds its list of candidates. */
const rememberedDecisions = 64;

/** Wires the router worker and starts it. Disposing finishes running jobs and hands back the rest. */
export async function compose(
  config: RouterWorkerConfig,
  overrides: RouterWorkerOverrides = {},
): Promise<RouterWorker> {
  await using stack = new AsyncDisposableStack();
  const logger = overrides.logger ?? createLogger({ service: "router-worker", level: config.logLevel });
  const metrics = createMetrics({ service: "router-worker", processMetrics: true });
  const onTrouble = (message: string): void => logger.warn(message);
  const tracer = await startTracer({ config: config.tracing, service: "router-worker", onTrouble });
  stack.use(tracer);
  stack.use(startHeartbeat(metrics));
  const tracing = createJobTracing(tracer, { name: "tokenhub.route", kind: "consumer" });
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

  const now = overrides.now ?? Date.now;
  const onBanditError = (error: Error): void =>
    logger.warn({ err: error }, "the beliefs of thompson could not be read; the old ones stay");

  const ledger = createCallLedger(redis, keyspace);

  const consumer = createJobConsumer({
    queueName: routeQueueName,
    definition: jobCatalogue.route,
    redis,
    keyspace,
    onError,
    ...(config.concurrency === null ? {} : { concurrency: config.concurrency }),
    onGivenUp: (job) =>
      endRequest({ ledger, producer, now }, job, { failure: failures.givenUp, refusal: null }),
    handler: tracing.wrap(
      createSelectModel({
        state,
        decisions: createDecisionCache({ limit: rememberedDecisions }),
        turns: createAliasTurns(),
        bandit: createBanditFollower({ reader: redis, keyspace, now, onError: onBanditError }),
        producer,
        ledger,
        events: createRouterEvents({ logger, metrics, tracing }),
        now,
        random: overrides.random ?? Math.random,
      }),
    ),
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
