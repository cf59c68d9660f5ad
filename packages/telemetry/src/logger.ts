import {
  pino,
  stdTimeFunctions,
  type BaseLogger,
  type Bindings,
  type DestinationStream,
  type Level,
  type Logger as PinoLogger,
} from "pino";
import { sanitise } from "./sanitise.ts";

/** What our code uses of the library: the methods of the levels, and children with fields of their own. */
export interface Logger extends BaseLogger {
  child(bindings: Bindings): Logger;
}

export interface LoggerOptions {
  /** Written on every line, e.g. `gateway`. */
  readonly service: string;
  readonly level: Level | "silent";
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/**
 * A logger that writes one JSON object per line: `level` as a word, `time` in ISO 8601, `service`, `msg` and the given
 * fields. Records, child bindings and interpolated values all pass {@link sanitise}, so no call site can leak a secret.
 */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    // Errors arrive here as the plain records that `sanitise` made of them.
    serializers: { err: (value: unknown) => value },
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: {
      logMethod(this: PinoLogger, args: Parameters<PinoLogger["info"]>, method: PinoLogger["info"]): void {
        const [first, ...rest] = args.map((argument: unknown) =>
          sanitise(argument instanceof Error ? { err: argument, msg: argument.message } : argument),
        );
        Reflect.apply(method, this, [first, ...rest]);
      },
    },
  };
  const logger = pino(options, destination ?? bufferedOutput());
  return withSafeChildren(logger);
}

/** How much may wait, and for how long, before it is written: a system call per line would cost more than the line. */
const bufferBytes = 8_192;
const flushMs = 250;

/** Standard output in larger pieces; what waits is written at the latest after a quarter of a second and at the exit. */
function bufferedOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: false, minLength: bufferBytes });
  setInterval(() => output.flush(), flushMs).unref();
  return output;
}

/** The library gives child bindings no formatter of the parent, so they are sanitised here; grandchildren inherit it. */
function withSafeChildren(logger: PinoLogger): PinoLogger {
  const createChild: unknown = Reflect.get(logger, "child");
  if (typeof createChild !== "function") throw new TypeError("the logging library has no child loggers");
  const child = function (this: PinoLogger, bindings: Bindings): PinoLogger {
    return Reflect.apply(createChild, this, [sanitise(bindings)]) as PinoLogger;
  };
  return Object.assign(logger, { child });
}
