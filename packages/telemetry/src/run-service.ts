import { flushCompileCache } from "node:module";
import { ConfigError } from "@tokenhub/config";
import { trimHeap } from "./trim-heap.ts";

/** What `main.ts` hands over of its process. */
export interface ServiceProcess {
  on(event: string, listener: (...values: never[]) => void): unknown;
  exit(code: number): void;
  readonly stderr: { write(text: string): unknown };
}

export interface RunnableService<Config> extends AsyncDisposable {
  /** Called on SIGHUP with the configuration read anew; absent when a service has nothing to reload. */
  reload?(config: Config): void | Promise<void>;
}

export interface RunServiceOptions<Config> {
  readonly service: string;
  readonly process: ServiceProcess;
  readonly readConfig: () => Config | Promise<Config>;
  readonly compose: (config: Config) => Promise<RunnableService<Config>>;
}

/** Exit code of a configuration an operator has to mend; a supervisor must not start the service again. */
export const configurationExitCode = 78;
/** After a graceful end something may still hold the event loop; nobody should have to wait for it. */
const lastResortMs = 2_000;
/** Late enough that start-up is over, early enough that the service is still idle in most installations. */
const trimAfterMs = 3_000;

/**
 * Runs one service for the life of its process: SIGTERM and SIGINT end it gracefully, SIGHUP reloads its configuration, an
 * operator's mistake is one sentence and exit code 78, an unexpected error exit code 1.
 */
export async function runService<Config>({
  service,
  process,
  readConfig,
  compose,
}: RunServiceOptions<Config>): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const fail = (error: unknown): void => {
    const isMistake =
      error instanceof ConfigError || (error instanceof Error && error.name === "DatabaseError");
    say(
      isMistake
        ? `${service}: ${(error as Error).message}`
        : `${service} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exit(isMistake ? configurationExitCode : 1);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);

  let running: RunnableService<Config>;
  try {
    running = await compose(await readConfig());
  } catch (error) {
    fail(error);
    return;
  }

  // A process that is killed writes no cache of its own, and its successor would start slowly again.
  flushCompileCache();
  setTimeout(trimHeap, trimAfterMs).unref();

  let isEnding = false;
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    running[Symbol.asyncDispose]().then(() => {
      setTimeout(() => process.exit(0), lastResortMs).unref();
    }, fail);
  };
  const reload = async (): Promise<void> => {
    try {
      await running.reload?.(await readConfig());
    } catch (error) {
      say(
        `${service}: the new configuration was not taken over: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  process.on("SIGHUP", () => void reload());
}
