import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { readSecretFile } from "@tokenhub/config";
import { z } from "zod";

/**
 * What an installation whose operator has set no secrets keeps in its data folder. Without `cluster-secret` no API key is
 * recognised, without `vault-password` no provider key can be read.
 */
const secretNames = [
  "api-key",
  "cluster-secret",
  "admin-token",
  "vault-password",
  "vault-password.next",
] as const;

const secretsSchema = z.strictObject({
  v: z.literal(1),
  secrets: z.partialRecord(z.enum(secretNames), z.string().min(1).max(10_000)),
});
export type Secrets = z.infer<typeof secretsSchema>["secrets"];

/** The file beside a backup that holds its installation's secrets. */
export function secretsFileOf(backupFile: string): string {
  return `${backupFile}.secrets.json`;
}

/** The secrets in a data folder. */
export function readSecrets(dataFolder: string): Secrets {
  const found = secretNames.flatMap((name) => {
    const secret = readSecretFile(path.join(dataFolder, name));
    return secret === null ? [] : [[name, secret] as const];
  });
  return Object.fromEntries(found);
}

export async function writeSecretsFile(file: string, secrets: Secrets): Promise<void> {
  await writeFile(file, `${JSON.stringify({ v: 1, secrets }, null, 2)}\n`, { mode: 0o600, flag: "wx" });
}

/** Null when there is no such file. @throws Error in one sentence when it holds something else. */
export async function readSecretsFile(file: string): Promise<Secrets | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  const parsed = secretsSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.secrets;
  throw new SecretsFileError(
    `The file ${file} does not hold the secrets of a backup; restore it, or use --no-secrets.`,
  );
}

export class SecretsFileError extends Error {
  override readonly name = "SecretsFileError";
}

/** Puts secrets into a new data folder; all of them or none. */
export async function placeSecrets(dataFolder: string, secrets: Secrets): Promise<void> {
  const placed: string[] = [];
  try {
    for (const [name, secret] of Object.entries(secrets)) {
      const file = path.join(dataFolder, name);
      await writeFile(file, `${secret}\n`, { mode: 0o600, flag: "wx" });
      placed.push(file);
    }
  } catch (error) {
    for (const file of placed) await rm(file, { force: true });
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The schema refuses it and the message names the file.
    return null;
  }
}
