import { existsSync } from "node:fs";
import path from "node:path";
import {
  loadProductConfig,
  readEnvironment,
  requireAdminSecret,
  type Environment,
  type ProductConfig,
} from "@tokenhub/config";

const fsyncModes = ["always", "everysec", "no"] as const;
export type FsyncMode = (typeof fsyncModes)[number];

/** What the start command itself has to know; everything else the services read for themselves. */
export interface StartSettings {
  /** A port of 0 = any free one. */
  readonly listen: ProductConfig["listen"];
  /** Absolute. */
  readonly dataFolder: string;
  /** Absolute; null when no file is used. */
  readonly configFile: string | null;
  /** Null: start a private Redis. */
  readonly redisUrl: string | null;
  readonly redisFsync: FsyncMode;
  readonly stopGraceMs: number;
  readonly nodeArguments: readonly string[];
  readonly isDebug: boolean;
  /** Whether requests without a key are served. */
  readonly isOpen: boolean;
  /** Whether the operator named the keys of clients; otherwise the gateway makes one. */
  readonly hasOwnKeys: boolean;
  /** Whether the operator set a secret for the administration; otherwise the gateway makes one. */
  readonly hasAdminSecret: boolean;
  /** Whether the operator named the secret that gateway and workers share. */
  readonly hasClusterSecret: boolean;
  /** Absolute; null: a file in the data folder. */
  readonly clusterSecretFile: string | null;
  /** A model that answers without costing anything; null when there is none. */
  readonly trialModel: string | null;
}

export interface ReadSettingsOptions {
  readonly environment: Environment;
  /** From the command line; it wins over TOKENHUB_CONFIG. */
  readonly configFile: string | null;
  /** The repository's folder, where relative paths of the environment start. */
  readonly root: string;
  /** Where the command was started; relative names of a configuration file start here. */
  readonly workingFolder: string;
}

/** @throws ConfigError with a sentence that names the variable or the place in the file. */
export async function readSettings(options: ReadSettingsOptions): Promise<StartSettings> {
  const { environment, root } = options;
  const configFile = findConfigFile(options);
  const product = await loadProductConfig({ configPath: configFile, env: environment });
  requireAdminSecret(product);
  const read = readEnvironment(environment);
  return {
    listen: product.listen,
    dataFolder: path.resolve(root, product.dataDirectory),
    configFile,
    redisUrl: product.redis.url?.reveal() ?? null,
    redisFsync: read.envChoice("TOKENHUB_REDIS_FSYNC", fsyncModes) ?? "everysec",
    stopGraceMs: read.envInteger("TOKENHUB_STOP_GRACE_MS", { max: 86_400_000 }) ?? 10_000,
    nodeArguments: read.envString("TOKENHUB_NODE_ARGS")?.split(/\s+/) ?? [],
    isDebug: read.envBoolean("TOKENHUB_DEBUG") === true,
    isOpen: product.auth.mode === "open",
    hasOwnKeys: product.auth.apiKeys.length > 0,
    hasAdminSecret: product.admin.token !== null || product.admin.password !== null,
    hasClusterSecret: product.clusterSecret !== null,
    clusterSecretFile:
      product.clusterSecretFile === null ? null : path.resolve(root, product.clusterSecretFile),
    trialModel:
      product.models.find(({ providerId, enabled }) => providerId === "mock" && enabled)?.id ?? null,
  };
}

function findConfigFile({
  environment,
  configFile,
  root,
  workingFolder,
}: ReadSettingsOptions): string | null {
  const named = configFile ?? readEnvironment(environment).envString("TOKENHUB_CONFIG");
  if (named === null) {
    const usual = path.join(root, "config", "config.yaml");
    return existsSync(usual) ? usual : null;
  }
  // npm runs scripts in the repository's folder; a relative name typed elsewhere means the folder it was typed in.
  const typedIn = readEnvironment(environment).envString("INIT_CWD") ?? workingFolder;
  const resolved = path.resolve(workingFolder, named);
  return existsSync(resolved) ? resolved : path.resolve(typedIn, named);
}
