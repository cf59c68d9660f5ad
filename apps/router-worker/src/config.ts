import { ConfigError, logLevels, readEnvironment, type Environment, type LogLevel } from "@tokenhub/config";
import { readTracingConfig, type TracingConfig } from "@tokenhub/telemetry";

export interface RouterWorkerConfig {
  readonly redisUrl: string;
  readonly redisPrefix: string;
  readonly adminHost: string;
  readonly adminPort: number | null;
  readonly logLevel: LogLevel;
  readonly concurrency: number | null;
  /** How long running jobs may take to finish after SIGTERM. */
  readonly drainMs: number;
  /** Null or absent: no tracing. */
  readonly tracing?: TracingConfig | null;
}

/** Reads the router worker's settings; it needs neither configuration file nor keys. @throws ConfigError in one sentence. */
export function readRouterWorkerConfig(env: Environment): RouterWorkerConfig {
  const read = readEnvironment(env);
  const redisUrl = read.envString("REDIS_URL");
  if (redisUrl === null)
    throw new ConfigError(
      "REDIS_URL is not set; set it to the Redis that all services share, e.g. redis://127.0.0.1:6379.",
    );
  return {
    redisUrl,
    redisPrefix: read.envString("TOKENHUB_REDIS_PREFIX") ?? "tokenhub",
    adminHost: read.envString("TOKENHUB_ADMIN_HOST") ?? "127.0.0.1",
    adminPort: read.envInteger("TOKENHUB_ADMIN_PORT", { max: 65_535 }),
    logLevel:
      read.envChoice("TOKENHUB_LOG_LEVEL", logLevels) ??
      (read.envBoolean("TOKENHUB_DEBUG") === true ? "debug" : "info"),
    concurrency: read.envInteger("TOKENHUB_ROUTE_CONCURRENCY", { min: 1 }),
    drainMs: read.envInteger("TOKENHUB_DRAIN_MS") ?? 10_000,
    tracing: readTracingConfig(env),
  };
}
