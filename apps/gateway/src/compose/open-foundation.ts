import { ConfigError, type ProductConfig } from "@tokenhub/config";
import { createKeyspace, idFrom } from "@tokenhub/contracts";
import { openDatabase } from "@tokenhub/persistence";
import { checkRedisPolicy, connectProducer, createBlockingConnection } from "@tokenhub/queue";
import {
  createLogger,
  createMetrics,
  createRequestTracing,
  startHeartbeat,
  startTracer,
  type Logger,
} from "@tokenhub/telemetry";
import { randomUUID } from "node:crypto";
import type { GatewayOverrides } from "../compose.ts";
import type { GatewayConfig } from "../config.ts";
import { createGatewayEvents } from "../events.ts";

/** What every part of the gateway stands on: logs, metrics, traces, the database and Redis. */
export type Foundation = Awaited<ReturnType<typeof openFoundation>>;

/** Opens it; the stack closes it. @throws ConfigError for a Redis that evicts. */
export async function openFoundation(
  stack: AsyncDisposableStack,
  { config, overrides }: { readonly config: GatewayConfig; readonly overrides: GatewayOverrides },
) {
  const { product } = config;
  const now = overrides.now ?? Date.now;
  const logger = overrides.logger ?? createLogger({ service: "gateway", level: product.logLevel });
  const metrics = createMetrics({ service: "gateway", processMetrics: true });
  const onTrouble = (message: string): void => logger.warn(message);
  const tracer = await startTracer({ config: config.tracing, service: "gateway", onTrouble });
  stack.use(tracer);
  stack.use(startHeartbeat(metrics));
  const tracing = createRequestTracing(tracer);
  const events = createGatewayEvents({ logger, metrics, tracing, now });
  for (const warning of product.warnings) logger.warn(warning);

  const database = stack.use(await openDatabase(databaseOf(product)));
  await database.migrate();
  const connection = { url: config.redisUrl, onError: events.redisTrouble };
  const redis = stack.adopt(await connectProducer({ ...connection, name: "gateway" }), (client) =>
    client.disconnect(),
  );
  await refuseEvictingRedis(redis, logger);
  const openReader = (name: string) =>
    stack.adopt(createBlockingConnection({ ...connection, name }), (client) => client.disconnect());
  return {
    product,
    now,
    logger,
    metrics,
    tracing,
    events,
    database,
    db: database.db,
    redis,
    subscriber: openReader("gateway-replies"),
    factReader: openReader("gateway-recorder"),
    keyspace: createKeyspace(product.redis.prefix),
    gatewayId: idFrom("gateway", randomUUID()),
  };
}

function databaseOf({ database }: ProductConfig): Parameters<typeof openDatabase>[0] {
  return database.kind === "sqlite"
    ? { kind: "sqlite", path: database.path }
    : { kind: "postgres", url: database.url };
}

async function refuseEvictingRedis(
  redis: Parameters<typeof checkRedisPolicy>[0],
  logger: Logger,
): Promise<void> {
  const check = await checkRedisPolicy(redis);
  if (check.kind === "evicting") {
    throw new ConfigError(
      `Redis has maxmemory-policy ${check.policy}, which may throw queued requests away; set it to noeviction (redis-cli CONFIG SET maxmemory-policy noeviction).`,
    );
  }
  if (check.kind === "unknown")
    logger.warn("Redis does not tell its maxmemory-policy; make sure it is noeviction");
}
