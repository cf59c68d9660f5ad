import { ConfigError, readOrCreateSecretFile, type ProductConfig } from "@tokenhub/config";
import { randomBytes } from "node:crypto";
import { join } from "node:path";

/**
 * The 32 bytes that gateways and workers share: those of the configuration, else those of the secret file, which the first
 * gateway makes with mode 0600.
 * @throws ConfigError when the file cannot be written or holds something else.
 */
export function readOrCreateClusterSecret(
  product: Pick<ProductConfig, "clusterSecret" | "clusterSecretFile" | "dataDirectory">,
): Buffer {
  if (product.clusterSecret !== null) return Buffer.from(product.clusterSecret.reveal(), "hex");
  const path = product.clusterSecretFile ?? join(product.dataDirectory, "cluster-secret");
  const text = readOrCreateSecretFile(path, () => randomBytes(32).toString("hex"));
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex");
  throw new ConfigError(
    `The cluster secret file ${path} does not hold 64 hexadecimal digits; restore it, or set TOKENHUB_CLUSTER_SECRET.`,
  );
}
