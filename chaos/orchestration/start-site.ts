import { compose as composeMockLlm, defaultConfig as mockDefaults, type MockLlm } from "@tokenhub/mock-llm";
import {
  freePort,
  mockUpstreams,
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

const models = ["up-gpt", "up-claude", "up-spare"];

/** A Redis, a mock provider whose answers take a while, a data folder and the environment of the services. */
export async function startSite({
  upstreamLatencyMs,
}: {
  readonly upstreamLatencyMs: number;
}): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startTestRedis());
  const mock = stack.use(await composeMockLlm({ ...mockDefaults, port: 0 }));
  for (const model of models) mock.plan(model, { latencyMs: upstreamLatencyMs });
  const directory = await mkdtemp(join(tmpdir(), "tokenhub-chaos-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const configPath = join(directory, "config.json");
  await writeFile(configPath, JSON.stringify(mockUpstreams(mock.url)));
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
