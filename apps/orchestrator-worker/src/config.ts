import { ConfigError, logLevels, readEnvironment, type Environment, type LogLevel } from "@tokenhub/config";
import { readTracingConfig, type TracingConfig } from "@tokenhub/telemetry";

export interface OrchestratorWorkerConfig {
  readonly redisUrl: string;
  readonly redisPrefix: string;
  readonly adminHost: string;
  readonly adminPort: number | null;
  readonly logLevel: LogLevel;
  readonly concurrency: number | null;
  /** How long running jobs may take to finish after SIGTERM. */
  readonly drainMs: number;
  /** How often runs are looked for that should have moved; null or absent: every 5 s. */
  readonly reconcileIntervalMs?: number | null;
  /** After how long a run that waits is looked at without any news; null or absent: 30 s. */
  readonly repairAfterMs?: number | null;
  /** Paths of modules, each with a mode of the operator's own; absent: none. */
  readonly modeModules?: readonly string[];
  /** Null or absent: no tracing. */
  readonly tracing?: TracingConfig | null;
}

/** Reads the orchestrator worker's settings; it needs neither configuration file nor keys. @throws ConfigError in one sentence. */
export function readOrchestratorWorkerConfig(env: Environment): OrchestratorWorkerConfig {
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
    concurrency: read.envInteger("TOKENHUB_ORCHESTRATE_CONCURRENCY", { min: 1 }),
    drainMs: read.envInteger("TOKENHUB_DRAIN_MS") ?? 10_000,
    reconcileIntervalMs: read.envInteger("TOKENHUB_RECONCILE_INTERVAL_MS", { min: 100 }),
    repairAfterMs: read.envInteger("TOKENHUB_RUN_REPAIR_MS", { min: 1_000 }),
    modeModules: read.envList("TOKENHUB_ORCHESTRATION_MODES") ?? [],
    tracing: readTracingConfig(env),
  };
}
