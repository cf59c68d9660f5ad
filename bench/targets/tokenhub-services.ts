import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { findFreePort } from "../../scripts/start/free-port.ts";
import { prepareDataFolder } from "../../scripts/start/prepare-data-folder.ts";
import { createPrivateRedis } from "../../scripts/start/private-redis.ts";
import { readSettings } from "../../scripts/start/read-settings.ts";
import { nodeArgumentsOf, processTuning } from "../../scripts/start/service-specs.ts";
import { answersOk } from "../processes/answers-ok.ts";
import { startChild, type RunningChild } from "../processes/child-process.ts";
import { cleanEnvironment } from "../processes/clean-environment.ts";
import { upstreamPlans } from "../scenarios.ts";
import type { TargetContext } from "./target.ts";

export const serviceNames = [
  "gateway",
  "orchestrator-worker",
  "router-worker",
  "provider-worker",
  "webhook-worker",
] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Upstream calls at a time; the shipped 32 would cap the scenarios with more callers than that. */
export const providerConcurrency = 256;

/** What all services of one TokenHub share. */
export interface TokenHubSettings {
  readonly apiKey: string;
  readonly clusterSecret: string;
  readonly port: number;
  readonly dataFolder: string;
  readonly configFile: string;
  readonly redisUrl: string;
  readonly compileCacheFolder: string;
}

export interface PrivateTokenHubRedis {
  readonly child: RunningChild;
  readonly url: string;
  /** The `appendfsync` that `npm start` uses unless told otherwise. */
  readonly fsync: string;
}

/** The Redis of `npm start`, with its defaults. */
export async function startTokenHubRedis(context: TargetContext): Promise<PrivateTokenHubRedis> {
  const dataFolder = dataFolderOf(context);
  prepareDataFolder(dataFolder);
  const { redisFsync: fsync } = await readSettings({
    environment: {},
    configFile: null,
    root: dataFolder,
    workingFolder: dataFolder,
  });
  const { spec, url } = await createPrivateRedis({ dataFolder, fsync, environment: cleanEnvironment() });
  const launch = await spec.prepare();
  const child = await startChild(
    {
      ...launch,
      name: "redis",
      args: launch.arguments,
      logFile: path.join(context.workFolder, "redis.log"),
    },
    context,
  );
  return { child, url, fsync };
}

/** Writes the configuration file: one provider, which is the upstream, and the bench models. */
export async function prepareTokenHub(
  context: TargetContext,
  { redisUrl, compileCacheFolder }: Pick<TokenHubSettings, "redisUrl" | "compileCacheFolder">,
): Promise<TokenHubSettings> {
  const configFile = path.join(context.workFolder, "config.json");
  writeFileSync(configFile, JSON.stringify(configurationFor(context.upstreamUrl), null, 2));
  return {
    apiKey: `bench-${randomBytes(16).toString("hex")}`,
    clusterSecret: randomBytes(32).toString("hex"),
    port: await findFreePort(),
    dataFolder: dataFolderOf(context),
    configFile,
    redisUrl,
    compileCacheFolder,
  };
}

/** Starts one service as a production user runs it: keys required, request log, metrics, info log to a file. */
export async function startService(
  name: ServiceName,
  {
    context,
    settings,
    environment = {},
  }: {
    readonly context: TargetContext;
    readonly settings: TokenHubSettings;
    /** More settings, or other ones. */
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<RunningChild> {
  const adminPort = await findFreePort();
  return startChild(
    {
      name,
      command: process.execPath,
      args: [...nodeArgumentsOf(name), path.join(context.root, "apps", name, "src", "main.ts")],
      environment: {
        ...cleanEnvironment(),
        ...processTuning,
        NODE_COMPILE_CACHE: settings.compileCacheFolder,
        REDIS_URL: settings.redisUrl,
        TOKENHUB_HOST: "127.0.0.1",
        TOKENHUB_PORT: String(settings.port),
        TOKENHUB_ADMIN_PORT: String(adminPort),
        TOKENHUB_DATA_DIR: settings.dataFolder,
        TOKENHUB_CONFIG: settings.configFile,
        TOKENHUB_AUTH: "keys",
        TOKENHUB_API_KEYS: settings.apiKey,
        TOKENHUB_CLUSTER_SECRET: settings.clusterSecret,
        TOKENHUB_RATE_LIMIT_RPS: "100000",
        TOKENHUB_RATE_LIMIT_BURST: "100000",
        BENCH_UPSTREAM_API_KEY: "upstream-key",
        ...environment,
      },
      workingFolder: context.root,
      logFile: path.join(settings.dataFolder, "logs", `${name}.log`),
      isReady: () => answersOk(`http://127.0.0.1:${adminPort}/readyz`),
    },
    context,
  );
}

function dataFolderOf({ workFolder }: TargetContext): string {
  return path.join(workFolder, "tokenhub");
}

function configurationFor(upstreamUrl: string): unknown {
  return {
    providers: [
      {
        name: "bench-upstream",
        type: "openai-compatible",
        base_url: upstreamUrl,
        api_key_env: "BENCH_UPSTREAM_API_KEY",
        concurrency: providerConcurrency,
      },
    ],
    models: Object.keys(upstreamPlans).map((model) => ({
      id: model,
      provider: "bench-upstream",
      name: model,
      context_size: 128_000,
      pricing: { input_per_1k: 0.001, output_per_1k: 0.002 },
    })),
  };
}
