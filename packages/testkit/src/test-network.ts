import {
  parseProductConfig,
  readEnvironment,
  resolveProductConfig,
  Secret,
  type ProductConfig,
} from "@tokenhub/config";
import { compose as composeGateway, type Gateway } from "@tokenhub/gateway";
import { compose as composeMockLlm, defaultConfig as mockDefaults, type MockLlm } from "@tokenhub/mock-llm";
import { compose as composeOrchestratorWorker, type OrchestratorWorker } from "@tokenhub/orchestrator-worker";
import {
  compose as composeProviderWorker,
  type ProviderWorker,
  type ProviderWorkerConfig,
} from "@tokenhub/provider-worker";
import { compose as composeRouterWorker, type RouterWorker } from "@tokenhub/router-worker";
import { createLogger } from "@tokenhub/telemetry";
import {
  compose as composeWebhookWorker,
  type WebhookWorker,
  type WebhookWorkerConfig,
} from "@tokenhub/webhook-worker";
import { readAddressAllowList, type WebhookRetryPolicy } from "@tokenhub/webhooks";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { uniquePrefix } from "./unique-prefix.ts";

export interface TestNetworkOptions {
  readonly redisUrl: string;
  /** A configuration as a file would hold it; `mockProviders` is added to it. */
  readonly config?: Record<string, unknown>;
  readonly env?: Record<string, string>;
  /** PostgreSQL instead of the default SQLite file. */
  readonly databaseUrl?: string;
  readonly maxInFlight?: number;
  /** How soon orchestrations are looked at of which nothing is heard; default: as in production. */
  readonly orchestration?: { readonly reconcileIntervalMs?: number; readonly repairAfterMs?: number };
  /** When attempts to deliver webhooks are made; default: as in production. */
  readonly webhookPolicy?: WebhookRetryPolicy;
}

/** All services in one process over real Redis, HTTP and SQL, wired by the services' own `compose`. */
export interface TestNetwork extends AsyncDisposable {
  readonly url: string;
  readonly apiKey: string;
  readonly mock: MockLlm;
  readonly gateway: Gateway;
  readonly router: RouterWorker;
  readonly provider: ProviderWorker;
  readonly orchestrator: OrchestratorWorker;
  readonly webhook: WebhookWorker;
  readonly dataDirectory: string;
  readonly redisPrefix: string;
  /** Log lines of all services, for assertions about what is and what is never logged. */
  readonly logLines: string[];
  /** Takes over another configuration, as SIGHUP does. */
  reload(config: Record<string, unknown>): Promise<void>;
}

export const testApiKey = "tokenhub_test_key_for_the_test_network";
export const upstreamKey = "sk-upstream-secret-0123456789";
/** Shared by the services of every test network. */
export const testClusterSecret = "5a".repeat(32);
/** Where the receivers of tests listen. */
export const testWebhookAllow = "127.0.0.0/8,::1/128";
/** Password derivations of the vault that cost nothing, which only a test may want. */
export const cheapVaultDerivation = {
  derivationCost: { algorithm: "argon2id", passes: 1, memoryKiB: 8, lanes: 1 },
  allowWeakDerivation: true,
} as const;

/**
 * Two upstreams on one mock: `openai-up` speaks OpenAI, `anthropic-up` Anthropic; `spare` is a second OpenAI server.
 * Model ids differ from upstream names, so that a test notices a name that was not mapped.
 */
export function mockUpstreams(mockUrl: string): Record<string, unknown> {
  return {
    providers: [
      { name: "openai-up", type: "openai-compatible", base_url: mockUrl, api_key_env: "UPSTREAM_KEY" },
      { name: "anthropic-up", type: "anthropic", base_url: mockUrl, api_key_env: "UPSTREAM_KEY" },
      { name: "spare", type: "openai-compatible", base_url: mockUrl, api_key_env: "UPSTREAM_KEY" },
    ],
    models: [
      {
        id: "gpt-test",
        provider: "openai-up",
        name: "up-gpt",
        weight: 80,
        cost_per_1k: 0.002,
        context_size: 128_000,
      },
      {
        id: "claude-test",
        provider: "anthropic-up",
        name: "up-claude",
        weight: 85,
        cost_per_1k: 0.01,
        context_size: 200_000,
      },
      {
        id: "spare-test",
        provider: "spare",
        name: "up-spare",
        weight: 10,
        cost_per_1k: 0.001,
        context_size: 8_192,
      },
      {
        id: "embed-test",
        provider: "openai-up",
        name: "up-embed",
        weight: 1,
        cost_per_1k: 0.0001,
        context_size: 8_192,
        capabilities: ["embeddings"],
      },
    ],
    aliases: { fast: ["spare-test", "gpt-test"] },
  };
}

export async function startTestNetwork(options: TestNetworkOptions): Promise<TestNetwork> {
  await using stack = new AsyncDisposableStack();
  const mock = stack.use(await composeMockLlm({ ...mockDefaults, port: 0 }));
  const dataDirectory = await mkdtemp(join(tmpdir(), "tokenhub-test-"));
  stack.defer(() => rm(dataDirectory, { recursive: true, force: true }));
  const redisPrefix = uniquePrefix();
  const logLines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logLines.push(chunk.toString());
      done();
    },
  });

  const env: Record<string, string> = {
    REDIS_URL: options.redisUrl,
    TOKENHUB_REDIS_PREFIX: redisPrefix,
    TOKENHUB_DATA_DIR: dataDirectory,
    TOKENHUB_PORT: "0",
    TOKENHUB_AUTH: "keys",
    TOKENHUB_API_KEYS: testApiKey,
    TOKENHUB_RATE_LIMIT_RPS: "100000",
    TOKENHUB_RATE_LIMIT_BURST: "100000",
    UPSTREAM_KEY: upstreamKey,
    TOKENHUB_CLUSTER_SECRET: testClusterSecret,
    TOKENHUB_WEBHOOK_ALLOW: testWebhookAllow,
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...options.env,
  };
  const productOf = (raw: Record<string, unknown>): ProductConfig =>
    resolveProductConfig({
      file: parseProductConfig({ ...mockUpstreams(mock.url), ...raw }, { source: "test" }),
      env,
    });
  const product = productOf(options.config ?? {});

  const modeModules = readEnvironment(env).envList("TOKENHUB_ORCHESTRATION_MODES") ?? [];
  const loggerFor = (service: string) => createLogger({ service, level: "debug", destination });
  const gateway = stack.use(
    await composeGateway(
      {
        product,
        redisUrl: options.redisUrl,
        adminPort: 0,
        maxInFlight: options.maxInFlight ?? 5_000,
        drainMs: 5_000,
        modeModules,
        webhookAllow: readEnvironment(env).envList("TOKENHUB_WEBHOOK_ALLOW") ?? [],
      },
      {
        logger: loggerFor("gateway"),
        vaultDerivation: cheapVaultDerivation,
        ...(options.webhookPolicy === undefined ? {} : { webhookPolicy: options.webhookPolicy }),
      },
    ),
  );
  const worker = {
    redisUrl: options.redisUrl,
    redisPrefix,
    adminHost: "127.0.0.1",
    adminPort: 0,
    logLevel: "debug",
    drainMs: 2_000,
  } as const;
  const router = stack.use(
    await composeRouterWorker({ ...worker, concurrency: null }, { logger: loggerFor("router-worker") }),
  );
  const clusterSecret = Buffer.from(env["TOKENHUB_CLUSTER_SECRET"] ?? testClusterSecret, "hex");
  const keyOf: ProviderWorkerConfig["keyOf"] = () => new Secret(upstreamKey);
  const provider = stack.use(
    await composeProviderWorker(
      {
        ...worker,
        onlyProviders: null,
        keyOf,
        customProviders: product.customProviders,
        retries: product.routing,
        clusterSecret,
      },
      { logger: loggerFor("provider-worker") },
    ),
  );
  const orchestrator = stack.use(
    await composeOrchestratorWorker(
      {
        ...worker,
        concurrency: null,
        modeModules,
        ...options.orchestration,
      },
      { logger: loggerFor("orchestrator-worker") },
    ),
  );

  const webhook = stack.use(
    await composeWebhookWorker(
      {
        ...worker,
        concurrency: null,
        timeoutMs: readEnvironment(env).envInteger("TOKENHUB_WEBHOOK_TIMEOUT_MS"),
        allow: allowListOf(env["TOKENHUB_WEBHOOK_ALLOW"] ?? ""),
        clusterSecret,
      },
      { logger: loggerFor("webhook-worker") },
    ),
  );

  const resources = stack.move();
  return {
    url: gateway.url,
    apiKey: testApiKey,
    mock,
    gateway,
    router,
    provider,
    orchestrator,
    webhook,
    dataDirectory,
    redisPrefix,
    logLines,
    reload: (raw) => gateway.reload({ product: productOf(raw) }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function allowListOf(text: string): WebhookWorkerConfig["allow"] {
  const reading = readAddressAllowList(text.split(",").filter((entry) => entry !== ""));
  if (reading.kind === "invalid") throw new Error(reading.problem);
  return reading.allow;
}
