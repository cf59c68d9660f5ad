import { useOperatorModules } from "@tokenhub/config";
import { createKeyspace } from "@tokenhub/contracts";
import { createCallLedger, createRunStore } from "@tokenhub/ledger";
import { collectModes } from "@tokenhub/orchestration";
import {
  cancelRequest,
  connectWorker,
  createJobConsumer,
  createJobProducer,
  jobCatalogue,
  orchestrateQueueName,
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
import type { OrchestratorWorkerConfig } from "./config.ts";
import { createRunEvents } from "./events.ts";
import { createDriveRun } from "./handlers/drive-run.ts";
import { startReconciler } from "./reconciler.ts";
import type { RunDeps } from "./run-deps.ts";
import { traceRuns } from "./trace-runs.ts";

export type { OrchestratorWorkerConfig } from "./config.ts";

export interface OrchestratorWorker extends AsyncDisposable {
  readonly adminPort: number | null;
}

export interface OrchestratorWorkerOverrides {
  readonly logger?: Logger;
  readonly now?: () => number;
  readonly random?: () => number;
}

const defaultReconcileIntervalMs = 5_000;
const defaultRepairAfterMs = 30_000;

/**
 * Wires the orchestrator worker and starts it. Disposing finishes running jobs and hands back the rest.
 * @throws ConfigError when a mode of the operator's own cannot be used.
 */
export async function compose(
  config: OrchestratorWorkerConfig,
  overrides: OrchestratorWorkerOverrides = {},
): Promise<OrchestratorWorker> {
  await using stack = new AsyncDisposableStack();
  const collection = collectModes();
  await useOperatorModules(config.modeModules ?? [], {
    setting: "TOKENHUB_ORCHESTRATION_MODES",
    baseDirectory: ".",
    use: collection.add,
  });
  const modes = collection.registry();
  const logger = overrides.logger ?? createLogger({ service: "orchestrator-worker", level: config.logLevel });
  const metrics = createMetrics({ service: "orchestrator-worker", processMetrics: true });
  const onTrouble = (message: string): void => logger.warn(message);
  const tracer = await startTracer({ config: config.tracing, service: "orchestrator-worker", onTrouble });
  stack.use(tracer);
  stack.use(startHeartbeat(metrics));
  const tracing = createJobTracing(tracer, { name: "tokenhub.orchestrate", kind: "consumer" });
  const keyspace = createKeyspace(config.redisPrefix);
  const onError = (error: Error): void => logger.error({ err: error }, "Redis does not answer");

  // One connection for jobs, state and calls: what one turn of the event loop sends travels together.
  const redis = stack.adopt(
    await connectWorker({ url: config.redisUrl, onError, name: "orchestrator" }),
    (client) => client.disconnect(),
  );
  const producer = stack.use(createJobProducer(redis, keyspace, onError));
  const runs = createRunStore(redis, keyspace);
  const deps: RunDeps = {
    runs,
    modes,
    ledger: createCallLedger(redis, keyspace),
    producer,
    redis,
    keyspace,
    cancelCall: (requestId) => cancelRequest(redis, keyspace, requestId),
    events: createRunEvents({ logger, metrics, tracing }),
    now: overrides.now ?? Date.now,
    repairAfterMs: config.repairAfterMs ?? defaultRepairAfterMs,
  };
  const consumer = createJobConsumer({
    queueName: orchestrateQueueName,
    definition: jobCatalogue.orchestrate,
    redis,
    keyspace,
    onError,
    ...(config.concurrency === null ? {} : { concurrency: config.concurrency }),
    // The run itself is not lost: the reconciler finds it.
    onGivenUp: async ({ runId }, error) => deps.events.givenUp(runId, error),
    handler: traceRuns(tracing, createDriveRun(deps)),
  });
  stack.defer(() => consumer.stop(config.drainMs));
  stack.use(
    startReconciler({
      runs,
      producer,
      events: deps.events,
      onError,
      now: deps.now,
      random: overrides.random ?? Math.random,
      intervalMs: config.reconcileIntervalMs ?? defaultReconcileIntervalMs,
      repairAfterMs: deps.repairAfterMs,
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
              ready: consumer.isRunning() && redis.status === "ready",
              checks: { redis: { ok: redis.status === "ready", detail: redis.status } },
            }),
          }),
        );
  logger.info({ adminPort: admin?.port ?? null, modes: modes.names() }, "orchestrator worker ready");

  const resources = stack.move();
  return { adminPort: admin?.port ?? null, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
