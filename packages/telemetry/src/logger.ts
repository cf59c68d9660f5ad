import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";
import { Secret, type LogLevel } from "@tokenhub/config";

export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/** Names under which a credential may appear, one and two levels deep (pino's wildcards match one level each). */
const credentialNames = ["authorization", "x-api-key", "api-key", "apiKey", "api_key", "password", "token", "secret", "cookie"];
const redactedPaths = credentialNames.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

/** JSON lines with ISO times. Credentials are removed by name, values of type Secret by type. */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: "[redacted]" },
    serializers: { err: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** Type, message, code and stack of an error and its causes; never the enumerable extras a library hangs on it. */
function describeError(error: unknown): unknown {
  if (error instanceof Secret) return String(error);
  if (!(error instanceof Error)) return { message: typeof error === "string" ? error : "thrown value is no error" };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: describeError(error.cause) };
  return { type: error.name, message: error.message, ...code, stack: error.stack, ...cause };
}
