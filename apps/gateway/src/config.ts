import {
  ConfigError,
  loadProductConfig,
  readEnvironment,
  type Environment,
  type ProductConfig,
} from "@tokenhub/config";
import { readTracingConfig, type TracingConfig } from "@tokenhub/telemetry";

export interface GatewayConfig {
  readonly product: ProductConfig;
  readonly redisUrl: string;
  /** Own port of the operations endpoints; null: only on the public listener. */
  readonly adminPort: number | null;
  /** Requests held open at once. */
  readonly maxInFlight: number;
  /** How long running requests may take to finish after SIGTERM. */
  readonly drainMs: number;
  /** Null or absent: no tracing. */
  readonly tracing?: TracingConfig | null;
}

/** Reads the gateway's settings: environment over configuration file. @throws ConfigError in one sentence. */
export async function readGatewayConfig(env: Environment): Promise<GatewayConfig> {
  const product = await loadProductConfig({ configPath: null, env });
  const read = readEnvironment(env);
  if (product.redis.url === null) {
    throw new ConfigError(
      "REDIS_URL is not set; set it to the Redis that all services share, e.g. redis://127.0.0.1:6379, or use `npm start`, which brings its own.",
    );
  }
  return {
    product,
    redisUrl: product.redis.url.reveal(),
    adminPort: read.envInteger("TOKENHUB_ADMIN_PORT", { max: 65_535 }),
    maxInFlight: read.envInteger("TOKENHUB_MAX_IN_FLIGHT", { min: 1 }) ?? 5_000,
    drainMs: read.envInteger("TOKENHUB_DRAIN_MS") ?? 10_000,
    tracing: readTracingConfig(env),
  };
}
