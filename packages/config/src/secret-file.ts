import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { ConfigError } from "./config-error.ts";

const draftEnding = ".draft";
/** Writing one takes milliseconds. */
const draftAgeMs = 60_000;

/**
 * The secret in a file, without the line end behind it; null when there is no file, or nothing in it.
 * @throws ConfigError when it cannot be read.
 */
export function readSecretFile(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8");
    return text.trim() === "" ? null : text.replace(/\r?\n$/, "");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw refusal(path, error);
  }
}

/**
 * The secret in a file, which is made with mode 0600 when it is missing. Whoever comes second gets the secret of the first;
 * nobody ever sees an empty or half-written file.
 * @throws ConfigError when the file can be neither read nor made.
 */
export function readOrCreateSecretFile(path: string, make: () => string): string {
  const found = readSecretFile(path);
  if (found !== null) return found;
  const draft = writeDraft(path, make());
  try {
    putInPlace(draft, path);
  } catch (error) {
    throw refusal(path, error);
  } finally {
    rmSync(draft, { force: true });
  }
  return readSecretFile(path) ?? "";
}

/** Puts a secret in the place of the one in the file, in one step. @throws ConfigError when it cannot be written. */
export function replaceSecretFile(path: string, secret: string): void {
  const draft = writeDraft(path, secret);
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw refusal(path, error);
  }
}

/** Gives the draft its name unless another process was first. */
function putInPlace(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) === "EEXIST" && readSecretFile(path) !== null) return;
    // An empty file, which holds nothing that could be lost, or a file system without links.
    renameSync(draft, path);
  }
}

/** A file beside the one that is meant, written through to the disk. */
function writeDraft(path: string, secret: string): string {
  const draft = `${path}.${randomBytes(6).toString("hex")}${draftEnding}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    removeOldDrafts(path);
    const handle = openSync(draft, "wx", 0o600);
    try {
      writeSync(handle, `${secret}\n`);
      fsyncSync(handle);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    } finally {
      closeSync(handle);
    }
    return draft;
  } catch (error) {
    throw refusal(path, error);
  }
}

/** Those that a crash left behind; one that another process is just writing stays. */
function removeOldDrafts(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith(draftEnding)) continue;
    const modified = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - modified > draftAgeMs) rmSync(join(folder, name), { force: true });
  }
}

function refusal(path: string, error: unknown): ConfigError {
  return new ConfigError(
    `The secret file ${path} cannot be read or written (${String(codeOf(error))}); give this user permission there, or set TOKENHUB_DATA_DIR to another folder.`,
    { cause: error },
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, "code") : error;
}
