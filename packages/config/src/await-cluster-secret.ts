import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "./config-error.ts";
import type { ProductConfig } from "./product-config.ts";
import { readSecretFile } from "./secret-file.ts";

export interface AwaitClusterSecretOptions {
  /** How long a file that the configuration names may take to appear: the gateway makes it. */
  readonly patienceMs?: number;
  readonly lookEveryMs?: number;
}

/**
 * The 32 bytes that the gateways share with their workers: from the configuration, else from the secret file. Null when
 * there is neither.
 *
 * @throws ConfigError when the file holds something else
 */
export async function awaitClusterSecret(
  product: Pick<ProductConfig, "clusterSecret" | "clusterSecretFile" | "dataDirectory">,
  { patienceMs = 30_000, lookEveryMs = 50 }: AwaitClusterSecretOptions = {},
): Promise<Buffer | null> {
  if (product.clusterSecret !== null) return Buffer.from(product.clusterSecret.reveal(), "hex");
  const path = product.clusterSecretFile ?? join(product.dataDirectory, "cluster-secret");
  const giveUpAtMs = performance.now() + (product.clusterSecretFile === null ? 0 : patienceMs);
  let text = readSecretFile(path);
  while (text === null && performance.now() < giveUpAtMs) {
    await sleep(lookEveryMs);
    text = readSecretFile(path);
  }
  if (text === null) return null;
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex");
  throw new ConfigError(
    `The cluster secret file ${path} does not hold 64 hexadecimal digits; restore it, or set TOKENHUB_CLUSTER_SECRET.`,
  );
}
