import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { StartError } from "./start-error.ts";

/**
 * Creates the data folder and its sub-folders, and proves that files can be written there.
 * @throws StartError that says what to run.
 */
export function prepareDataFolder(folder: string): void {
  const probe = path.join(folder, `.write-test-${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of ["redis", "logs"]) mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    throw new StartError(
      explain({ folder, code: error instanceof Error ? Reflect.get(error, "code") : null }),
    );
  }
}

function explain({ folder, code }: { folder: string; code: unknown }): string {
  if (code === "EEXIST" || code === "ENOTDIR") {
    return `The data folder ${folder} cannot be made because a file is in its place: remove the file, or set TOKENHUB_DATA_DIR to another folder.`;
  }
  if (code === "EACCES" || code === "EPERM") return explainOwner(folder);
  return `The data folder ${folder} cannot be written to (${String(code)}): free or repair it, or set TOKENHUB_DATA_DIR to another one.`;
}

function explainOwner(folder: string): string {
  const user = process.getuid?.() ?? 1000;
  const owner = `${user}:${process.getgid?.() ?? user}`;
  const isInContainer = existsSync("/.dockerenv") || existsSync("/run/.containerenv");
  const command = isInContainer
    ? `on the host, for the folder that is mounted there, run \`sudo chown -R ${owner} ./data\``
    : `run \`sudo chown -R ${owner} ${folder}\`, or set TOKENHUB_DATA_DIR to another folder`;
  return `TokenHub runs as user ${user} and may not write to its data folder ${folder}: ${command}.`;
}
