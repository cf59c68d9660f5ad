import { readEnvironment, type Environment } from "@tokenhub/config";

export interface MockLlmConfig {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** JSON file `{ "<model>": <plan> }`, read once at the start; null = no plans. */
  readonly planPath: string | null;
  /** Every finished call is appended to this file as one line of JSON; null = no file. */
  readonly callLogPath: string | null;
  /** False: recorded calls keep neither body nor headers, so that a benchmark does not fill the memory. */
  readonly logBodies: boolean;
  /** How many calls are remembered; the oldest are forgotten first. */
  readonly logCalls: number;
  /** How many bytes of request bodies are remembered in all; the oldest bodies are forgotten first. */
  readonly logBodyBytes: number;
  /** How long a stop waits for answers that are under way before it cuts them off. */
  readonly shutdownGraceMs: number;
}

export const defaultConfig: MockLlmConfig = {
  host: "127.0.0.1",
  port: 8090,
  planPath: null,
  callLogPath: null,
  logBodies: true,
  logCalls: 100_000,
  logBodyBytes: 256 * 1024 * 1024,
  shutdownGraceMs: 1_000,
};

/**
 * Reads the configuration from environment variables; unset or empty means the default.
 *
 * @throws ConfigError when a variable has a value that cannot be used.
 */
export function loadConfig(environment: Environment): MockLlmConfig {
  const { envString, envInteger, envBoolean } = readEnvironment(environment);
  return {
    host: envString("TOKENHUB_MOCK_HOST") ?? defaultConfig.host,
    port: envInteger("TOKENHUB_MOCK_PORT", { max: 65_535 }) ?? defaultConfig.port,
    planPath: envString("TOKENHUB_MOCK_PLAN"),
    callLogPath: envString("TOKENHUB_MOCK_CALL_LOG"),
    logBodies: envBoolean("TOKENHUB_MOCK_LOG_BODIES") ?? defaultConfig.logBodies,
    logCalls: envInteger("TOKENHUB_MOCK_LOG_CALLS") ?? defaultConfig.logCalls,
    logBodyBytes: envInteger("TOKENHUB_MOCK_LOG_BODY_BYTES") ?? defaultConfig.logBodyBytes,
    shutdownGraceMs: envInteger("TOKENHUB_MOCK_SHUTDOWN_GRACE_MS") ?? defaultConfig.shutdownGraceMs,
  };
}
