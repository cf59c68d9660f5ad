import { compose as composeMockLlm, defaultConfig as mockDefaults, type MockLlm } from "@tokenhub/mock-llm";
import {
  freePort,
  startTestRedis,
  testApiKey,
  testClusterSecret,
  upstreamKey,
  type TestRedis,
} from "@tokenhub/testkit";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What every process of an installation under test shares. */
export interface Site extends AsyncDisposable {
  readonly redis: TestRedis;
  readonly mock: MockLlm;
  readonly env: Record<string, string>;
  /** Where the gateways listen; each keeps its port over its deaths. */
  readonly gatewayPorts: readonly number[];
}

const providers = ["first", "second", "third"];

/** Providers that are sent the id of the request, by which the mock's calls are held against those of the runs. */
function configurationFor(mockUrl: string): unknown {
  return {
    providers: providers.map((name) => ({
      name,
      type: "openai-compatible",
      base_url: mockUrl,
      api_key_env: "UPSTREAM_KEY",
    })),
    models: providers.map((provider, index) => ({
      id: `${provider}-model`,
      provider,
      name: `up-${provider}`,
      weight: 10 + index,
      cost_per_1k: 0.001,
      context_size: 128_000,
    })),
  };
}

/** A Redis, a mock provider whose answers take a while, a data folder and the environment of the services. */
export async function startSite({
  upstreamLatencyMs,
}: {
  readonly upstreamLatencyMs: number;
}): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startTestRedis());
  const mock = stack.use(await composeMockLlm({ ...mockDefaults, port: 0 }));
  for (const name of providers) mock.plan(`up-${name}`, { latencyMs: upstreamLatencyMs });
  const directory = await mkdtemp(join(tmpdir(), "tokenhub-chaos-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const configPath = join(directory, "config.json");
  await writeFile(configPath, JSON.stringify(configurationFor(mock.url)));
  const gatewayPorts = [await freePort(), await freePort()];
  const env = {
    REDIS_URL: redis.url,
    TOKENHUB_DATA_DIR: directory,
    TOKENHUB_CONFIG: configPath,
    TOKENHUB_API_KEYS: testApiKey,
    TOKENHUB_CLUSTER_SECRET: testClusterSecret,
    UPSTREAM_KEY: upstreamKey,
  };
  const resources = stack.move();
  return { redis, mock, env, gatewayPorts, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
