import { readEnvironment, readWorkerSettings, type Environment, type WorkerSettings } from "@tokenhub/config";
import { readTracingConfig, type TracingConfig } from "@tokenhub/telemetry";

export interface OrchestratorWorkerConfig extends WorkerSettings {
  readonly concurrency: number | null;
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
  return {
    ...readWorkerSettings(read),
    concurrency: read.envInteger("TOKENHUB_ORCHESTRATE_CONCURRENCY", { min: 1 }),
    reconcileIntervalMs: read.envInteger("TOKENHUB_RECONCILE_INTERVAL_MS", { min: 100 }),
    repairAfterMs: read.envInteger("TOKENHUB_RUN_REPAIR_MS", { min: 1_000 }),
    modeModules: read.envList("TOKENHUB_ORCHESTRATION_MODES") ?? [],
    tracing: readTracingConfig(env),
  };
}
