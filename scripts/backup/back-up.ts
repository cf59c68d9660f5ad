import { rm } from "node:fs/promises";
import path from "node:path";
import { backupDatabase } from "@tokenhub/persistence";
import type { Installation } from "./read-installation.ts";
import { readSecrets, secretsFileOf, writeSecretsFile } from "./secret-files.ts";

export interface BackupOptions {
  /** Absolute; null: a name with the time, in `backups` of the data folder. */
  readonly targetFile: string | null;
  readonly withSecrets: boolean;
  readonly nowMs: number;
}

/**
 * Copies the database and, into a file of their own, the secrets that the data folder holds. Gives lines for a person.
 * @throws DatabaseError for PostgreSQL, a file that exists, or a copy that does not pass its check.
 */
export async function backUp(
  { databaseFile, dataFolder }: Installation,
  { targetFile, withSecrets, nowMs }: BackupOptions,
): Promise<string[]> {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replaceAll(":", "-");
  const target = targetFile ?? path.join(dataFolder, "backups", `tokenhub-${stamp}Z.db`);
  const { file, bytes } = await backupDatabase({ file: databaseFile }, { targetFile: target });
  const lines = [
    `tokenhub: backed up to ${file} (${bytes} bytes, verified)`,
    "tokenhub: it holds models, providers, keys by their hashes, the sealed vault, logs and statistics; requests that were still running are not in it",
  ];
  const secrets = withSecrets ? readSecrets(dataFolder) : {};
  const names = Object.keys(secrets);
  if (names.length === 0) return lines;
  const secretsFile = secretsFileOf(file);
  try {
    await writeSecretsFile(secretsFile, secrets);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return [
    ...lines,
    `tokenhub: the secrets this installation made for itself (${names.join(", ")}) are in ${secretsFile}`,
    "tokenhub: whoever has both files can open the vault: keep them apart, and put them side by side to restore",
  ];
}
