import { ConfigError } from "./config-error.ts";
import type { EnvironmentReader } from "./environment.ts";
import { logLevels, type LogLevel } from "./product-config.ts";

/** What every worker is told that reads no configuration file. */
export interface WorkerSettings {
  readonly redisUrl: string;
  readonly redisPrefix: string;
  /** Where its operations endpoints listen. */
  readonly adminHost: string;
  /** Null: it has none. */
  readonly adminPort: number | null;
  readonly logLevel: LogLevel;
  /** How long running jobs may take to finish after SIGTERM. */
  readonly drainMs: number;
}

const defaultDrainMs = 10_000;

/** @throws ConfigError in one sentence. */
export function readWorkerSettings(read: EnvironmentReader): WorkerSettings {
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
    drainMs: read.envInteger("TOKENHUB_DRAIN_MS") ?? defaultDrainMs,
  };
}
