import { Secret } from "@tokenhub/config";
import { createKeyspace, type Catalogue } from "@tokenhub/contracts";
import { createCallLedger, defaultLedgerSettings } from "@tokenhub/ledger";
import {
  createProviderClient,
  loadProviderModules,
  providerRegistry,
  startEndpointProber,
} from "@tokenhub/providers";
import {
  callQueueName,
  connectWorker,
  createBlockingConnection,
  createJobConsumer,
  createJobProducer,
  followCancellations,
  followCatalogue,
  jobCatalogue,
} from "@tokenhub/queue";
import {
  createJobTracing,
  createLogger,
  createMetrics,
  startAdminServer,
  startHeartbeat,
  startTracer,
  type Logger,
} from "@tokenhub/telemetry";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallDeps } from "./call-deps.ts";
import { showEndpointState } from "./show-endpoint-state.ts";
import { createTargetIndex } from "./target-index.ts";
import type { ProviderWorkerConfig } from "./config.ts";
import { endGivenUp } from "./end-given-up.ts";
import { createCallEvents } from "./events.ts";
import { forwardTraceparent } from "./forward-traceparent.ts";
import { createExecuteCall } from "./handlers/execute-call.ts";
import { followKeys } from "./keys/follow-keys.ts";
import { openKeys } from "./keys/open-keys.ts";
import { createProviderQueues } from "./provider-queues.ts";
import { recoveryPolicyOf } from "./recovery-policy-of.ts";
import { createRunningCalls } from "./running-calls.ts";

export type { ProviderWorkerConfig } from "./config.ts";

export interface ProviderWorker extends AsyncDisposable {
  readonly adminPort: number | null;
  /** Providers whose queues are open now. */
  openProviders(): string[];
  /** Takes over new keys after the configuration changed. */
  reload(config: Pick<ProviderWorkerConfig, "keyOf">): void;
}

export interface ProviderWorkerOverrides {
  readonly logger?: Logger;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Wires the provider worker and starts it. Disposing finishes running calls within the drain time and hands back the rest. */
export async function compose(
  config: ProviderWorkerConfig,
  overrides: ProviderWorkerOverrides = {},
): Promise<ProviderWorker> {
  await using stack = new AsyncDisposableStack();
  const logger = overrides.logger ?? createLogger({ service: "provider-worker", level: config.logLevel });
  const metrics = createMetrics({ service: "provider-worker", processMetrics: true });
  const onTrouble = (message: string): void => logger.warn(message);
  const tracer = await startTracer({ config: config.tracing, service: "provider-worker", onTrouble });
  stack.use(tracer);
  stack.use(startHeartbeat(metrics));
  const tracing = createJobTracing(tracer, { name: "tokenhub.call", kind: "client" });
  const keyspace = createKeyspace(config.redisPrefix);
  const onError = (error: Error): void => logger.error({ err: error }, "Redis does not answer");
  const connection = { url: config.redisUrl, onError };
  const now = overrides.now ?? Date.now;
  let keyOf = config.keyOf;

  // One connection for jobs, ledger and hand-over: what one turn of the event loop sends travels together.
  const redis = stack.adopt(await connectWorker({ ...connection, name: "provider" }), (client) =>
    client.disconnect(),
  );
  const subscriber = stack.adopt(
    createBlockingConnection({ ...connection, name: "provider-sub" }),
    (client) => client.disconnect(),
  );
  const producer = stack.use(createJobProducer(redis, keyspace, onError));
  await loadProviderModules(config.customProviders ?? [], { baseDirectory: "." });
  const providerClient = stack.use(createProviderClient({}));
  const client = forwardTraceparent(providerClient, tracing);
  const keys = stack.use(
    openKeys({
      clusterSecret: config.clusterSecret ?? null,
      keyOf: (providerId) => keyOf(providerId) ?? registeredKey(providerId),
      redis,
      keyspace,
      logger,
      now,
    }),
  );
  stack.use(await followKeys(keys, { subscriber, keyspace }));
  const targets = createTargetIndex();
  const running = createRunningCalls();
  const deps: CallDeps = {
    ledger: createCallLedger(redis, keyspace),
    producer,
    client,
    running,
    policy: recoveryPolicyOf(config.retries),
    events: createCallEvents({ logger, metrics, tracing }),
    findTarget: targets.find,
    keys,
    leaseMs: defaultLedgerSettings.leaseMs,
    now,
    random: overrides.random ?? Math.random,
    sleep: (durationMs) => sleep(durationMs),
    newToken: () => randomUUID(),
  };
  const handler = tracing.wrap(createExecuteCall(deps));

  const queues = createProviderQueues({
    onlyProviders: config.onlyProviders === null ? null : new Set(config.onlyProviders),
    onError,
    drained: async (providerId) =>
      Object.values(await producer.countJobs(callQueueName(providerId))).every((count) => count === 0),
    openConsumer: (provider) =>
      createJobConsumer({
        queueName: callQueueName(provider.id),
        definition: jobCatalogue.call,
        concurrency: provider.concurrency,
        redis,
        keyspace,
        onError,
        onGivenUp: (job) => endGivenUp(deps, job),
        handler,
      }),
  });
  const prober =
    config.healthProbe === true
      ? stack.use(
          startEndpointProber({
            providers: [],
            onState(state) {
              providerClient.reportEndpoint(state);
              showEndpointState({ redis, keyspace, onError }, state);
            },
          }),
        )
      : null;
  // Before the queues, so that it ends after them: calls can be cancelled as long as they drain.
  stack.use(await followCancellations(subscriber, keyspace, running.cancel));
  stack.defer(() => queues.stop(config.drainMs));
  stack.use(
    await followCatalogue({
      subscriber,
      reader: redis,
      keyspace,
      onError,
      onChange(catalogue: Catalogue) {
        targets.replace(catalogue);
        queues.apply(catalogue);
        prober?.replace(servedProviders(catalogue, config.onlyProviders));
        logger.info({ version: catalogue.version, providers: [...queues.open.keys()] }, "catalogue loaded");
      },
    }),
  );

  const admin =
    config.adminPort === null
      ? null
      : stack.use(
          await startAdminServer({
            host: config.adminHost,
            port: config.adminPort,
            registry: metrics.registry,
            health: () => ({
              ready: redis.status === "ready",
              checks: {
                redis: { ok: redis.status === "ready", detail: redis.status },
                queues: { ok: true, detail: [...queues.open.keys()].join(",") },
              },
            }),
          }),
        );
  logger.info({ adminPort: admin?.port ?? null }, "provider worker ready");

  const resources = stack.move();
  return {
    adminPort: admin?.port ?? null,
    openProviders: () => [...queues.open.keys()],
    reload(next) {
      keyOf = next.keyOf;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The key that a custom module gave a provider of its own. */
function registeredKey(providerId: string): Secret | null {
  const key = providerRegistry.apiKeyOf(providerId);
  return key === null ? null : new Secret(key);
}

/** The providers whose endpoints this worker uses. */
function servedProviders(
  { providers }: Catalogue,
  onlyProviders: readonly string[] | null,
): Catalogue["providers"] {
  return onlyProviders === null ? providers : providers.filter(({ id }) => onlyProviders.includes(id));
}
