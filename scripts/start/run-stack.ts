import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { banner, reachableUrl } from "./banner.ts";
import { checkRedis } from "./check-redis.ts";
import { acquireDataLock, type DataLock } from "./data-lock.ts";
import { assertAddressFree, findFreePort } from "./free-port.ts";
import { environmentFor, readOrCreateClusterSecret, watchAdminToken } from "./own-secrets.ts";
import { prepareDataFolder } from "./prepare-data-folder.ts";
import { createPrivateRedis } from "./private-redis.ts";
import type { Environment } from "@tokenhub/config";
import type { StartSettings } from "./read-settings.ts";
import type { RestartPolicy } from "./restart-delay.ts";
import { openRotatingLog } from "./rotating-log.ts";
import { serviceSpec, type ServiceDefinition } from "./service-specs.ts";
import { StartError } from "./start-error.ts";
import { superviseProcess, type ProcessSpec, type SupervisedProcess } from "./supervise-process.ts";
import { startWatchdog, type Watchdog } from "./watchdog.ts";

const startDeadlineMs = 60_000;
const leastGraceMs = 1_000;
/** The gateway and then the provider worker may each wait for running work this long; what is left is for closing. */
const drainShare = 0.45;

export interface RunStackOptions {
  readonly settings: StartSettings;
  /** In the order in which they are stopped. */
  readonly services: readonly ServiceDefinition[];
  readonly environment: Environment;
  readonly root: string;
  /** Prints one line for the person at the terminal. */
  readonly say: (line: string) => void;
  /** Prints text as it is. */
  readonly print: (text: string) => void;
  /** Aborted: stop everything in order. */
  readonly stop: AbortSignal;
  /** Aborted during a stop: do not wait any longer. */
  readonly hurry: AbortSignal;
  /** Called once with a function that forwards a signal to every service that is ready. */
  readonly onSignalForwarder?: (forward: (signal: NodeJS.Signals) => void) => void;
  readonly restart?: RestartPolicy;
}

/**
 * Runs Redis (unless REDIS_URL names one) and the services until `stop` is aborted; nothing is left running or listening
 * when it returns or throws.
 * @throws StartError when TokenHub cannot start, or when a service refuses its configuration later.
 */
export async function runStack(options: RunStackOptions): Promise<void> {
  const { settings, say } = options;
  prepareDataFolder(settings.dataFolder);
  await using cleanup = new AsyncDisposableStack();
  const lock = await acquireDataLock(settings.dataFolder, { say });
  cleanup.defer(() => lock.release());
  const port = await choosePort(settings);
  const watchdog = startWatchdog({ onStart: (watchdogPid) => lock.update({ watchdogPid }) });
  cleanup.defer(() => watchdog.quit());

  const start = createStarter({ options, watchdog, cleanup });
  const redisUrl = settings.redisUrl ?? (await startRedis({ options, start }));
  if (settings.redisUrl !== null) for (const warning of await checkRedis(settings.redisUrl)) say(warning);
  if (options.stop.aborted) return;
  await runServices({ options, start, lock, port, redisUrl });
}

async function choosePort({ listen }: StartSettings): Promise<number> {
  if (listen.port === 0) return findFreePort(listen.host);
  await assertAddressFree(listen);
  return listen.port;
}

type StartProcess = (spec: ProcessSpec) => SupervisedProcess;

interface StarterOptions {
  readonly options: RunStackOptions;
  readonly watchdog: Watchdog;
  readonly cleanup: AsyncDisposableStack;
}

/**
 * A function that starts a process and registers its stop. Clean-up runs backwards, so processes started first stop last;
 * all of them share one deadline, and each has at least a second.
 */
function createStarter({ options, watchdog, cleanup }: StarterOptions): StartProcess {
  const { settings, say, hurry, restart } = options;
  let stopDeadlineMs: number | null = null;
  return (spec) => {
    const onFailure = (error: unknown): void =>
      say(`the log of the ${spec.name} cannot be written (${String(error)})`);
    const log = cleanup.use(
      openRotatingLog(path.join(settings.dataFolder, "logs", `${spec.name}.log`), { onFailure }),
    );
    const supervised = superviseProcess(spec, {
      watchdog,
      log,
      isDebug: settings.isDebug,
      say,
      ...(restart === undefined ? {} : { restart }),
    });
    cleanup.defer(() => {
      stopDeadlineMs ??= performance.now() + settings.stopGraceMs;
      const graceMs = Math.max(
        stopDeadlineMs - performance.now(),
        Math.min(leastGraceMs, settings.stopGraceMs),
      );
      return supervised.stop({ graceMs, hurry });
    });
    return supervised;
  };
}

async function startRedis({
  options,
  start,
}: {
  options: RunStackOptions;
  start: StartProcess;
}): Promise<string> {
  const { settings, environment } = options;
  const redis = await createPrivateRedis({
    dataFolder: settings.dataFolder,
    fsync: settings.redisFsync,
    environment,
  });
  await untilReady([start(redis.spec)], options);
  return redis.url;
}

interface RunServicesOptions {
  readonly options: RunStackOptions;
  readonly start: StartProcess;
  readonly lock: DataLock;
  readonly port: number;
  readonly redisUrl: string;
}

async function runServices({ options, start, lock, port, redisUrl }: RunServicesOptions): Promise<void> {
  const { settings, say, print, root, services } = options;
  const environment = serviceEnvironment({ options, port, redisUrl });
  const findAdminAccess = watchAdminToken(settings);
  // Started in reverse, because clean-up stops what was started last first.
  const running = services.toReversed().map((service) =>
    start(
      serviceSpec(service, {
        root,
        nodeArguments: settings.nodeArguments,
        environment: environmentFor(service.name, environment),
      }),
    ),
  );
  options.onSignalForwarder?.((signal) => {
    for (const service of running) service.signal(signal);
  });
  say(`starting ${services.map(({ name }) => name).join(", ")} ...`);
  await untilReady(running, options);
  if (options.stop.aborted) return;
  const url = reachableUrl({ host: settings.listen.host, port });
  lock.update({ url });
  const apiKey = settings.hasOwnKeys ? null : readApiKey(settings.dataFolder);
  print(banner({ ...settings, url, apiKey, adminAccess: findAdminAccess() }));
  await Promise.race([aborted(options.stop), ...running.map(({ whenHopeless }) => whenHopeless)]);
}

function serviceEnvironment({
  options,
  port,
  redisUrl,
}: {
  options: RunStackOptions;
  port: number;
  redisUrl: string;
}) {
  const { settings, environment, root } = options;
  return {
    ...environment,
    REDIS_URL: redisUrl,
    // Resolved above; left in place it would win over host and port.
    TOKENHUB_LISTEN_ADDR: undefined,
    TOKENHUB_HOST: settings.listen.host,
    TOKENHUB_PORT: String(port),
    TOKENHUB_DATA_DIR: settings.dataFolder,
    TOKENHUB_DRAIN_MS:
      environment["TOKENHUB_DRAIN_MS"] || String(Math.floor(settings.stopGraceMs * drainShare)),
    ...(settings.hasClusterSecret ? {} : { TOKENHUB_CLUSTER_SECRET: readOrCreateClusterSecret(settings) }),
    NODE_COMPILE_CACHE: environment["NODE_COMPILE_CACHE"] || path.join(root, ".cache", "compile"),
    ...(settings.configFile === null ? {} : { TOKENHUB_CONFIG: settings.configFile }),
  };
}

/** Returns when all are ready or a stop was asked for. */
async function untilReady(
  processes: readonly SupervisedProcess[],
  { stop, settings }: RunStackOptions,
): Promise<void> {
  const decided = new AbortController();
  const late = delay(startDeadlineMs, undefined, { signal: decided.signal }).then(
    () => {
      throw new StartError(
        `TokenHub was not ready within ${startDeadlineMs / 1000} s: the logs in ${path.join(settings.dataFolder, "logs")} say what it waits for.`,
      );
    },
    () => undefined,
  );
  try {
    const allReady = Promise.all(processes.map(({ whenReady }) => whenReady));
    await Promise.race([allReady, aborted(stop), late, ...processes.map(({ whenHopeless }) => whenHopeless)]);
  } finally {
    decided.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function readApiKey(dataFolder: string): string | null {
  const file = path.join(dataFolder, "api-key");
  return existsSync(file) ? readFileSync(file, "utf8").trim() || null : null;
}
