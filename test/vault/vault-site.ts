import { parseProductConfig, resolveProductConfig, Secret, type ProductConfig } from "@tokenhub/config";
import { createKeyspace, type Keyspace } from "@tokenhub/contracts";
import { compose as composeGateway, type Gateway } from "@tokenhub/gateway";
import { compose as composeMockLlm, credentialHash, type MockLlm } from "@tokenhub/mock-llm";
import { compose as composeProviderWorker, type ProviderWorker } from "@tokenhub/provider-worker";
import { compose as composeRouterWorker } from "@tokenhub/router-worker";
import { createLogger } from "@tokenhub/telemetry";
import { cheapVaultDerivation, testApiKey, testClusterSecret, uniquePrefix } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { admin, type AdminAnswer } from "./admin.ts";

export const adminPassword = "the-admin-password-of-the-tests";

export interface VaultSiteOptions {
  readonly redisUrl: string;
  /** Beside, or instead of, the admin password. An empty text unsets a variable. */
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly databaseUrl?: string;
}

interface GatewayStart {
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly now?: () => number;
  readonly redisUrl?: string;
}

interface WorkerStart {
  /** Configured keys by provider. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Null: this worker has none. */
  readonly clusterSecret?: string | null;
  readonly redisUrl?: string;
}

/**
 * One installation over a real Redis, database and mock provider, whose provider keys are in the vault: provider `sealed`
 * (model `sealed-model`) has its key there, `other` (model `other-model`) may have a configured one.
 */
export interface VaultSite extends AsyncDisposable {
  readonly mock: MockLlm;
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly redisPrefix: string;
  readonly directory: string;
  readonly logLines: string[];
  readonly env: Readonly<Record<string, string>>;
  startGateway(start?: GatewayStart): Promise<Gateway>;
  startRouter(): Promise<void>;
  startWorker(start?: WorkerStart): Promise<ProviderWorker>;
  /** One of each; gives the gateway. */
  startAll(start?: GatewayStart & WorkerStart): Promise<Gateway>;
  /** With the admin password. */
  admin(gateway: { readonly url: string }, call: string, body?: unknown): Promise<AdminAnswer>;
  /** The hashes of the keys that the mock has seen for a model, oldest first. */
  keysSeen(model: string): string[];
}

/** Two providers on one mock, of a type that insists on a key. */
export function vaultCatalogue(mockUrl: string): Record<string, unknown> {
  return {
    providers: ["sealed", "other"].map((name) => ({ name, type: "openai", base_url: mockUrl })),
    models: ["sealed", "other"].map((provider) => ({
      id: `${provider}-model`,
      provider,
      name: `up-${provider}`,
      weight: 10,
      cost_per_1k: 0.001,
      context_size: 32_000,
    })),
    aliases: { either: ["sealed-model", "other-model"] },
  };
}

export async function openVaultSite(options: VaultSiteOptions): Promise<VaultSite> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "tokenhub-vault-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const mock = stack.use(await composeMockLlm({ port: 0, shutdownGraceMs: 0 }));
  const redisPrefix = uniquePrefix();
  const redis = stack.adopt(new Redis(options.redisUrl), (client) => client.disconnect());
  redis.on("error", () => undefined);
  const env: Record<string, string> = {
    REDIS_URL: options.redisUrl,
    TOKENHUB_REDIS_PREFIX: redisPrefix,
    TOKENHUB_DATA_DIR: directory,
    TOKENHUB_PORT: "0",
    TOKENHUB_AUTH: "keys",
    TOKENHUB_API_KEYS: testApiKey,
    TOKENHUB_RATE_LIMIT_RPS: "100000",
    TOKENHUB_RATE_LIMIT_BURST: "100000",
    TOKENHUB_ADMIN_RATE_LIMIT_RPS: "100000",
    TOKENHUB_ADMIN_RATE_LIMIT_BURST: "100000",
    TOKENHUB_CLUSTER_SECRET: testClusterSecret,
    TOKENHUB_ADMIN_PASSWORD: adminPassword,
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...options.env,
  };
  const productOf = (start: GatewayStart): ProductConfig =>
    resolveProductConfig({
      file: parseProductConfig(
        { ...vaultCatalogue(mock.url), ...options.config, ...start.config },
        { source: "test" },
      ),
      env: { ...env, ...start.env },
    });

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
  const worker = {
    redisPrefix,
    adminHost: "127.0.0.1",
    adminPort: null,
    logLevel: "debug",
    drainMs: 5_000,
  } as const;

  const resources = stack.move();
  const startGateway: VaultSite["startGateway"] = async (start = {}) =>
    resources.use(
      await composeGateway(
        {
          product: productOf(start),
          redisUrl: start.redisUrl ?? options.redisUrl,
          adminPort: null,
          maxInFlight: 5_000,
          drainMs: 5_000,
        },
        {
          ...loggerOf("gateway"),
          vaultDerivation: cheapVaultDerivation,
          ...(start.now === undefined ? {} : { now: start.now }),
        },
      ),
    );
  const startRouter = async (): Promise<void> => {
    resources.use(
      await composeRouterWorker(
        { ...worker, redisUrl: options.redisUrl, concurrency: null },
        loggerOf("router-worker"),
      ),
    );
  };
  const startWorker: VaultSite["startWorker"] = async ({
    keys = {},
    clusterSecret = testClusterSecret,
    redisUrl = options.redisUrl,
  } = {}) =>
    resources.use(
      await composeProviderWorker(
        {
          ...worker,
          redisUrl,
          onlyProviders: null,
          keyOf(providerId) {
            const key = keys[providerId];
            return key === undefined ? null : new Secret(key);
          },
          clusterSecret: clusterSecret === null ? null : Buffer.from(clusterSecret, "hex"),
        },
        loggerOf("provider-worker"),
      ),
    );

  return {
    mock,
    redis,
    keyspace: createKeyspace(redisPrefix),
    redisPrefix,
    directory,
    logLines,
    env,
    startGateway,
    startRouter,
    startWorker,
    async startAll(start = {}) {
      const gateway = await startGateway(start);
      await startRouter();
      await startWorker(start);
      return gateway;
    },
    admin: (gateway, call, body) => admin(gateway, { call, body, bearer: adminPassword }),
    keysSeen: (model) =>
      mock
        .calls()
        .filter((call) => call.model === model)
        .map((call) => call.headers["authorization"] ?? "none"),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** As `keysSeen` shows a key. */
export function seen(key: string): string {
  return `Bearer ${credentialHash(key)}`;
}
