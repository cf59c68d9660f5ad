import { parseProductConfig, resolveProductConfig, Secret, type Environment } from "@tokenhub/config";
import { compose as composeGateway, type Gateway } from "@tokenhub/gateway";
import { compose as composeMockLlm, defaultConfig, type MockLlm } from "@tokenhub/mock-llm";
import { compose as composeOrchestratorWorker, type OrchestratorWorker } from "@tokenhub/orchestrator-worker";
import { compose as composeProviderWorker, type ProviderWorker } from "@tokenhub/provider-worker";
import { compose as composeRouterWorker, type RouterWorker } from "@tokenhub/router-worker";
import { createLogger, readTracingConfig } from "@tokenhub/telemetry";
import { mockUpstreams, testApiKey, uniquePrefix, upstreamKey } from "@tokenhub/testkit";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";

export interface ObservedSiteOptions {
  readonly redisUrl: string;
  /** Providers and models; default: `mockUpstreams`. */
  readonly config?: (mockUrl: string) => Record<string, unknown>;
  /** The variables of tracing. */
  readonly env?: Environment;
  readonly keyOf?: (providerId: string) => Secret | null;
}

/** Every service in this process, with its log lines and, if the variables say so, its traces. */
export interface ObservedSite extends AsyncDisposable {
  readonly mock: MockLlm;
  readonly gateway: Gateway;
  readonly router: RouterWorker;
  readonly provider: ProviderWorker;
  readonly orchestrator: OrchestratorWorker;
  readonly logLines: string[];
  post(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** What `/metrics` of one service shows. */
  metricsOf(service: "gateway" | "orchestrator" | "router" | "provider"): Promise<string>;
}

export async function startObservedSite(options: ObservedSiteOptions): Promise<ObservedSite> {
  await using stack = new AsyncDisposableStack();
  const mock = stack.use(await composeMockLlm({ ...defaultConfig, port: 0 }));
  const directory = await mkdtemp(join(tmpdir(), "tokenhub-observed-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const logLines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logLines.push(chunk.toString());
      done();
    },
  });
  const loggerOf = (service: string) => ({ logger: createLogger({ service, level: "debug", destination }) });
  const redisPrefix = uniquePrefix();
  const { redisUrl } = options;
  const product = resolveProductConfig({
    file: parseProductConfig((options.config ?? mockUpstreams)(mock.url), { source: "test" }),
    env: {
      REDIS_URL: redisUrl,
      TOKENHUB_REDIS_PREFIX: redisPrefix,
      TOKENHUB_DATA_DIR: directory,
      TOKENHUB_PORT: "0",
      TOKENHUB_AUTH: "keys",
      TOKENHUB_API_KEYS: testApiKey,
      TOKENHUB_RATE_LIMIT_RPS: "100000",
      TOKENHUB_RATE_LIMIT_BURST: "100000",
      UPSTREAM_KEY: upstreamKey,
    },
  });
  const tracing = readTracingConfig(options.env ?? {});
  const gateway = stack.use(
    await composeGateway(
      { product, redisUrl, adminPort: null, maxInFlight: 1_000, drainMs: 5_000, tracing },
      loggerOf("gateway"),
    ),
  );
  const worker = { redisUrl, redisPrefix, adminHost: "127.0.0.1", adminPort: 0, logLevel: "debug" } as const;
  const router = stack.use(
    await composeRouterWorker(
      { ...worker, concurrency: null, drainMs: 2_000, tracing },
      loggerOf("router-worker"),
    ),
  );
  const keyOf = options.keyOf ?? (() => new Secret(upstreamKey));
  const provider = stack.use(
    await composeProviderWorker(
      { ...worker, onlyProviders: null, drainMs: 2_000, keyOf, tracing },
      loggerOf("provider-worker"),
    ),
  );
  const orchestrator = stack.use(
    await composeOrchestratorWorker(
      { ...worker, concurrency: null, drainMs: 2_000, tracing },
      loggerOf("orchestrator-worker"),
    ),
  );

  const metricsUrls = {
    gateway: `${gateway.url}/metrics`,
    orchestrator: `http://127.0.0.1:${orchestrator.adminPort}/metrics`,
    router: `http://127.0.0.1:${router.adminPort}/metrics`,
    provider: `http://127.0.0.1:${provider.adminPort}/metrics`,
  };
  const resources = stack.move();
  return {
    mock,
    gateway,
    router,
    provider,
    orchestrator,
    logLines,
    post: (path, body, headers = {}) =>
      fetch(gateway.url + path, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${testApiKey}`, ...headers },
        body: JSON.stringify(body),
      }),
    metricsOf: async (service) => (await fetch(metricsUrls[service])).text(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
