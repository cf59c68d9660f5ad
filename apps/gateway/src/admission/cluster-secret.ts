import { ConfigError, type ProductConfig } from "@tokenhub/config";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * The 32 bytes that gateways and workers share: those of the configuration, else those of the secret file, which the first
 * gateway makes with mode 0600.
 * @throws ConfigError when the file cannot be written or holds something else.
 */
export async function readOrCreateClusterSecret(
  product: Pick<ProductConfig, "clusterSecret" | "clusterSecretFile" | "dataDirectory">,
): Promise<Buffer> {
  if (product.clusterSecret !== null) return Buffer.from(product.clusterSecret.reveal(), "hex");
  const path = product.clusterSecretFile ?? join(product.dataDirectory, "cluster-secret");
  const text = await readOrCreate(path);
  if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, "hex");
  throw new ConfigError(
    `The cluster secret file ${path} does not hold 64 hexadecimal digits; restore it, or set TOKENHUB_CLUSTER_SECRET.`,
  );
}

async function readOrCreate(path: string): Promise<string> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const text = randomBytes(32).toString("hex");
    await writeFile(path, `${text}\n`, { mode: 0o600, flag: "wx" });
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return (await readFile(path, "utf8")).trim();
    throw new ConfigError(
      `The cluster secret file ${path} cannot be written; give this user write permission there, or set TOKENHUB_CLUSTER_SECRET.`,
      { cause: error },
    );
  }
}
