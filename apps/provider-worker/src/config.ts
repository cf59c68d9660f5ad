import {
  awaitClusterSecret,
  ConfigError,
  loadProductConfig,
  readEnvironment,
  resolveProviderKey,
  type Environment,
  type LogLevel,
  type ProductConfig,
  type Secret,
} from "@tokenhub/config";
import { readTracingConfig, type TracingConfig } from "@tokenhub/telemetry";

export interface ProviderWorkerConfig {
  readonly redisUrl: string;
  readonly redisPrefix: string;
  readonly adminHost: string;
  readonly adminPort: number | null;
  readonly logLevel: LogLevel;
  /** Null: every provider of the catalogue. */
  readonly onlyProviders: readonly string[] | null;
  /** How long running calls may take to finish after SIGTERM, before they are handed to another worker. */
  readonly drainMs: number;
  /** What the configuration says of retries; null or absent: the product's own. */
  readonly retries?: Pick<ProductConfig["routing"], "maxRetries" | "retryBackoffMs">;
  /** Modules that bring provider classes; absent: none. */
  readonly customProviders?: ProductConfig["customProviders"];
  /** Whether the providers' endpoints are checked regularly; absent: no. */
  readonly healthProbe?: boolean;
  /** Null or absent: no tracing. */
  readonly tracing?: TracingConfig | null;
  /** A provider's key by its id: as configured, else from the variables named after it. */
  readonly keyOf: (providerId: string) => Secret | null;
  /** Opens what the gateways publish of the vault; null or absent: only configured keys can be used. */
  readonly clusterSecret?: Buffer | null;
}

/** Reads the provider worker's settings and keys; it alone sees provider keys. @throws ConfigError in one sentence. */
export async function readProviderWorkerConfig(env: Environment): Promise<ProviderWorkerConfig> {
  const product = await loadProductConfig({ configPath: null, env });
  const read = readEnvironment(env);
  if (product.redis.url === null)
    throw new ConfigError(
      "REDIS_URL is not set; set it to the Redis that all services share, e.g. redis://127.0.0.1:6379.",
    );
  const configured = new Map(product.providers.map((provider) => [provider.id, provider.credential]));
  const unconfigured = { source: "default", envName: null, inlineKey: null } as const;
  return {
    redisUrl: product.redis.url.reveal(),
    redisPrefix: product.redis.prefix,
    adminHost: read.envString("TOKENHUB_ADMIN_HOST") ?? "127.0.0.1",
    adminPort: read.envInteger("TOKENHUB_ADMIN_PORT", { max: 65_535 }),
    logLevel: product.logLevel,
    onlyProviders: read.envList("TOKENHUB_PROVIDERS"),
    drainMs: read.envInteger("TOKENHUB_DRAIN_MS") ?? 120_000,
    retries: product.routing,
    customProviders: product.customProviders,
    healthProbe: product.healthProbe,
    tracing: readTracingConfig(env),
    keyOf: (providerId) =>
      resolveProviderKey({ id: providerId, credential: configured.get(providerId) ?? unconfigured }, env).key,
    clusterSecret: await awaitClusterSecret(product),
  };
}
