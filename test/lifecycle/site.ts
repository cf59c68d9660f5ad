import { parseProductConfig, resolveProductConfig, Secret, type ProductConfig } from "@tokenhub/config";
import { createKeyspace, type Keyspace } from "@tokenhub/contracts";
import { compose as composeGateway, type Gateway } from "@tokenhub/gateway";
import { compose as composeMockLlm, type MockLlm } from "@tokenhub/mock-llm";
import { compose as composeProviderWorker, type ProviderWorker } from "@tokenhub/provider-worker";
import { compose as composeRouterWorker, type RouterWorker } from "@tokenhub/router-worker";
import { createLogger } from "@tokenhub/telemetry";
import {
  mockUpstreams,
  startServiceProcess,
  testApiKey,
  uniquePrefix,
  upstreamKey,
  type ServiceProcess,
} from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";

export interface SiteOptions {
  readonly redisUrl: string;
  /** The configuration as a file would hold it; default: `mockUpstreams`. */
  readonly config?: (mockUrl: string) => Record<string, unknown>;
  /** PostgreSQL instead of a SQLite file in the site's folder. */
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
}

type GatewayConfig = Parameters<typeof composeGateway>[0];

interface ServiceOptions {
  /** Another way to the site's Redis, such as a proxy in front of it. */
  readonly redisUrl?: string;
  readonly drainMs?: number;
}

interface GatewayOptions extends ServiceOptions {
  /** Default: as in production. */
  readonly jobs?: GatewayConfig["jobs"];
}

interface RouterOptions extends ServiceOptions {
  /** Decides which requests are offered to a recovering provider; default: none. */
  readonly random?: () => number;
}

interface ProviderWorkerOptions extends ServiceOptions {
  readonly onlyProviders?: readonly string[];
  /** The jitter of every backoff. */
  readonly random?: () => number;
}

/**
 * What the services of one installation share: Redis and its prefix, the data folder, the configuration and the mock
 * provider. A test starts of each service as many as it wants, in this process or in one of their own; all end with it.
 */
export interface Site extends AsyncDisposable {
  readonly mock: MockLlm;
  readonly keyspace: Keyspace;
  /** A connection of the test's own. */
  readonly redis: Redis;
  readonly directory: string;
  /** Log lines of the services in this process. */
  readonly logLines: string[];
  startGateway(options?: GatewayOptions): Promise<Gateway>;
  startRouter(options?: RouterOptions): Promise<RouterWorker>;
  startProviderWorker(options?: ProviderWorkerOptions): Promise<ProviderWorker>;
  /** One of each; gives the gateway. */
  startAll(options?: ServiceOptions): Promise<Gateway>;
  startProcess(app: string, env?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  /** What a gateway's `reload` takes. */
  productOf(config: Record<string, unknown>): { readonly product: ProductConfig };
  /** Writes the file that the services in processes of their own read. */
  writeConfig(config: Record<string, unknown>): Promise<void>;
}

export async function openSite(options: SiteOptions): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "tokenhub-site-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const mock = stack.use(await composeMockLlm({ port: 0, shutdownGraceMs: 0 }));
  const redisPrefix = uniquePrefix();
  const redis = stack.adopt(new Redis(options.redisUrl), (client) => client.disconnect());
  redis.on("error", () => undefined);
  const configPath = join(directory, "config.json");
  const env: Record<string, string> = {
    REDIS_URL: options.redisUrl,
    TOKENHUB_REDIS_PREFIX: redisPrefix,
    TOKENHUB_DATA_DIR: directory,
    TOKENHUB_CONFIG: configPath,
    TOKENHUB_PORT: "0",
    TOKENHUB_AUTH: "keys",
    TOKENHUB_API_KEYS: testApiKey,
    TOKENHUB_RATE_LIMIT_RPS: "100000",
    TOKENHUB_RATE_LIMIT_BURST: "100000",
    UPSTREAM_KEY: upstreamKey,
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...options.env,
  };
  const productOf = (config: Record<string, unknown>): { product: ProductConfig } => ({
    product: resolveProductConfig({ file: parseProductConfig(config, { source: "test" }), env }),
  });
  const writeConfig = (config: Record<string, unknown>): Promise<void> =>
    writeFile(configPath, JSON.stringify(config));
  const config = (options.config ?? mockUpstreams)(mock.url);
  await writeConfig(config);

  const logLines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logLines.push(chunk.toString());
      done();
    },
  });
  const loggerOf = (service: string) => ({
    logger: createLogger({ service, level: "debug", destination }),
  });
  const workerOf = ({ redisUrl = options.redisUrl, drainMs = 5_000 }: ServiceOptions) =>
    ({ redisUrl, redisPrefix, adminHost: "127.0.0.1", adminPort: null, logLevel: "debug", drainMs }) as const;

  const resources = stack.move();
  const startGateway: Site["startGateway"] = async ({
    redisUrl = options.redisUrl,
    drainMs = 5_000,
    jobs,
  } = {}) =>
    resources.use(
      await composeGateway(
        {
          ...productOf(config),
          redisUrl,
          adminPort: null,
          maxInFlight: 5_000,
          drainMs,
          ...(jobs === undefined ? {} : { jobs }),
        },
        loggerOf("gateway"),
      ),
    );
  const startRouter: Site["startRouter"] = async ({ random = () => 0.999, ...service } = {}) =>
    resources.use(
      await composeRouterWorker(
        { ...workerOf(service), concurrency: null },
        { ...loggerOf("router-worker"), random },
      ),
    );
  const startProviderWorker: Site["startProviderWorker"] = async ({
    onlyProviders,
    random,
    ...service
  } = {}) =>
    resources.use(
      await composeProviderWorker(
        {
          ...workerOf(service),
          onlyProviders: onlyProviders ?? null,
          keyOf: () => new Secret(upstreamKey),
        },
        { ...loggerOf("provider-worker"), ...(random === undefined ? {} : { random }) },
      ),
    );

  return {
    mock,
    keyspace: createKeyspace(redisPrefix),
    redis,
    directory,
    logLines,
    startGateway,
    startRouter,
    startProviderWorker,
    async startAll(service) {
      const gateway = await startGateway(service);
      await startRouter(service);
      await startProviderWorker(service);
      return gateway;
    },
    startProcess: async (app, more = {}) =>
      resources.use(await startServiceProcess(app, { ...env, ...more })),
    productOf,
    writeConfig,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
