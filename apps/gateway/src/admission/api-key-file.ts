import { ConfigError } from "@tokenhub/config";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newApiKeySecret } from "../access/api-key-secret.ts";

/**
 * The installation's own key, for when none is configured: read from `<data folder>/api-key`, or made and written there
 * with mode 0600. `tokenhub_` and 64 hexadecimal digits.
 * @throws ConfigError when the data folder cannot be written.
 */
export async function readOrCreateApiKey(dataDirectory: string): Promise<string> {
  const path = join(dataDirectory, "api-key");
  try {
    await mkdir(dataDirectory, { recursive: true });
    const key = newApiKeySecret();
    await writeFile(path, `${key}\n`, { mode: 0o600, flag: "wx" });
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return (await readFile(path, "utf8")).trim();
    throw new ConfigError(
      `The data folder ${dataDirectory} cannot be written; give this user write permission there, or set TOKENHUB_DATA_DIR.`,
      { cause: error },
    );
  }
}
