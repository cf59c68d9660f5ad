import { readEnvironment, readWorkerSettings, type Environment, type WorkerSettings } from "@tokenhub/config";
import { readTracingConfig, type TracingConfig } from "@tokenhub/telemetry";

export interface RouterWorkerConfig extends WorkerSettings {
  readonly concurrency: number | null;
  /** Null or absent: no tracing. */
  readonly tracing?: TracingConfig | null;
}

/** Reads the router worker's settings; it needs neither configuration file nor keys. @throws ConfigError in one sentence. */
export function readRouterWorkerConfig(env: Environment): RouterWorkerConfig {
  const read = readEnvironment(env);
  return {
    ...readWorkerSettings(read),
    concurrency: read.envInteger("TOKENHUB_ROUTE_CONCURRENCY", { min: 1 }),
    tracing: readTracingConfig(env),
  };
}
