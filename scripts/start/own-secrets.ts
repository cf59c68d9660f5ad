import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { readOrCreateSecretFile, readSecretFile } from "@tokenhub/config";
import type { StartSettings } from "./read-settings.ts";
import { StartError } from "./start-error.ts";

/** The secret that gateway and workers share, from its file, which is made with mode 0600. @throws StartError */
export function readOrCreateClusterSecret({
  dataFolder,
  clusterSecretFile,
}: Pick<StartSettings, "dataFolder" | "clusterSecretFile">): string {
  const file = clusterSecretFile ?? path.join(dataFolder, "cluster-secret");
  const secret = readOrCreateSecretFile(file, () => randomBytes(32).toString("hex"));
  if (/^[0-9a-fA-F]{64}$/.test(secret)) return secret;
  throw new StartError(
    `The cluster secret file ${file} does not hold 64 hexadecimal digits: restore it, or set TOKENHUB_CLUSTER_SECRET.`,
  );
}

/** How whoever started TokenHub administers it. */
export type AdminAccess =
  /** With a secret of the operator's own. */
  | { readonly kind: "configured" }
  /** With the token in the file; it is shown at the start that made it only. */
  | { readonly kind: "file"; readonly file: string; readonly newToken: string | null };

/** Watches, from before the gateway starts, whether it makes an admin token. */
export function watchAdminToken({
  dataFolder,
  hasAdminSecret,
}: Pick<StartSettings, "dataFolder" | "hasAdminSecret">): () => AdminAccess | null {
  const file = path.join(dataFolder, "admin-token");
  const isFirstStart = !existsSync(file);
  return () => {
    if (hasAdminSecret) return { kind: "configured" };
    const token = readSecretFile(file);
    return token === null ? null : { kind: "file", file, newToken: isFirstStart ? token : null };
  };
}

/** What opens the vault or the administration: of no use to workers, so that they do not get it. */
const gatewaySecrets = [
  "TOKENHUB_ADMIN_PASSWORD",
  "TOKENHUB_ADMIN_TOKEN",
  "TOKENHUB_VAULT_PASSWORD",
  "TOKENHUB_ENCRYPTION_KEY",
] as const;

/** The environment of one service, without the secrets that are none of its business. */
export function environmentFor<Environment extends Readonly<Record<string, string | undefined>>>(
  service: string,
  environment: Environment,
): Environment {
  if (service === "gateway") return environment;
  const names = gatewaySecrets.flatMap((name) => [name, `${name}_FILE`]);
  return { ...environment, ...Object.fromEntries(names.map((name) => [name, undefined])) };
}
