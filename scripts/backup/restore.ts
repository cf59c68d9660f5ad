import { rm } from "node:fs/promises";
import { restoreDatabase } from "@tokenhub/persistence";
import { placeSecrets, readSecretsFile, secretsFileOf } from "./secret-files.ts";

export interface RestoreOptions {
  /** Absolute. */
  readonly sourceFile: string;
  /** Absolute; empty, or not there. */
  readonly targetFolder: string;
  readonly withSecrets: boolean;
}

/**
 * Makes a data folder from a backup and, when they lie beside it, its secrets. Gives lines for a person.
 * @throws DatabaseError when the folder holds anything or the backup cannot be used; SecretsFileError.
 */
export async function restore({ sourceFile, targetFolder, withSecrets }: RestoreOptions): Promise<string[]> {
  const secrets = withSecrets ? await readSecretsFile(secretsFileOf(sourceFile)) : null;
  const { file, migrations } = await restoreDatabase({ sourceFile, targetFolder });
  if (secrets !== null) {
    try {
      await placeSecrets(targetFolder, secrets);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  }
  const names = secrets === null ? [] : Object.keys(secrets);
  return [
    `tokenhub: restored to ${file}`,
    ...(migrations.length === 0 ? [] : [`tokenhub: brought up to this release: ${migrations.join(", ")}`]),
    names.length === 0
      ? "tokenhub: no secrets came with it: start with the same TOKENHUB_CLUSTER_SECRET and vault password as before, or API keys and provider keys cannot be read"
      : `tokenhub: its secrets are in place: ${names.join(", ")}`,
    `tokenhub: start it with TOKENHUB_DATA_DIR=${targetFolder} npm start`,
  ];
}
