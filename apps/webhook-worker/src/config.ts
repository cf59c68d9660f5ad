import {
  awaitClusterSecret,
  ConfigError,
  readClusterSecret,
  readEnvironment,
  readWorkerSettings,
  type Environment,
  type EnvironmentReader,
  type WorkerSettings,
} from "@tokenhub/config";
import { readTracingConfig, type TracingConfig } from "@tokenhub/telemetry";
import { readAddressAllowList, type AddressAllowList } from "@tokenhub/webhooks";

export interface WebhookWorkerConfig extends WorkerSettings {
  /** Attempts at once; null: the catalogue's. */
  readonly concurrency: number | null;
  /** For one attempt; null or absent: 15 s. */
  readonly timeoutMs?: number | null;
  /** Addresses that webhooks may go to beside the public ones. */
  readonly allow: AddressAllowList;
  /** Opens the signing secrets; 32 bytes. */
  readonly clusterSecret: Buffer;
  /** Null or absent: no tracing. */
  readonly tracing?: TracingConfig | null;
}

/** Reads the webhook worker's settings; it waits for a cluster secret that the gateway makes. @throws ConfigError in one sentence. */
export async function readWebhookWorkerConfig(env: Environment): Promise<WebhookWorkerConfig> {
  const read = readEnvironment(env);
  return {
    ...readWorkerSettings(read),
    concurrency: read.envInteger("TOKENHUB_WEBHOOK_CONCURRENCY", { min: 1, max: 10_000 }),
    timeoutMs: read.envInteger("TOKENHUB_WEBHOOK_TIMEOUT_MS", { min: 100, max: 60_000 }),
    allow: readAllowList(read),
    tracing: readTracingConfig(env),
    clusterSecret: await readSecret(read),
  };
}

function readAllowList(read: EnvironmentReader): AddressAllowList {
  const reading = readAddressAllowList(read.envList("TOKENHUB_WEBHOOK_ALLOW") ?? []);
  if (reading.kind === "ok") return reading.allow;
  throw new ConfigError(`TOKENHUB_WEBHOOK_ALLOW is wrong: ${reading.problem}`);
}

async function readSecret(read: EnvironmentReader): Promise<Buffer> {
  const secret = await awaitClusterSecret({
    clusterSecret: readClusterSecret(read),
    clusterSecretFile: read.envString("TOKENHUB_CLUSTER_SECRET_FILE"),
    dataDirectory: read.envString("TOKENHUB_DATA_DIR") ?? "./data",
  });
  if (secret !== null) return secret;
  throw new ConfigError(
    "There is no cluster secret, without which no webhook can be signed; set TOKENHUB_CLUSTER_SECRET or TOKENHUB_CLUSTER_SECRET_FILE as for the gateways.",
  );
}
