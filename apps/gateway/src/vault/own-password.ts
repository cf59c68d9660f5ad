import { readOrCreateSecretFile, readSecretFile, replaceSecretFile, Secret } from "@tokenhub/config";
import { randomBytes } from "node:crypto";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * The vault password of an installation whose operator has set none: in the data folder, mode 0600. A change writes the
 * new one beside the old one first, so that whichever the vault has after a crash is there.
 */
export interface OwnPassword {
  readonly path: string;
  /** Those the vault may have, the likeliest first; empty when none was ever made. */
  candidates(): readonly string[];
  /** Makes a password unless there is one. */
  readOrCreate(): string;
  /** Before the vault's password is changed. */
  prepare(next: string): void;
  /** What the vault opens with now: becomes the only one. */
  settle(password: string): void;
  /** The vault opens with none of them. */
  discard(): void;
}

export function createOwnPassword(dataDirectory: string): OwnPassword {
  const path = join(dataDirectory, "vault-password");
  const nextPath = `${path}.next`;
  return {
    path,
    candidates: () => [readSecretFile(path), readSecretFile(nextPath)].filter((text) => text !== null),
    readOrCreate: () => readOrCreateSecretFile(path, () => randomBytes(32).toString("hex")),
    prepare: (next) => replaceSecretFile(nextPath, next),
    settle(password) {
      const next = readSecretFile(nextPath);
      if (next !== null && new Secret(password).equals(next)) renameSync(nextPath, path);
      else rmSync(nextPath, { force: true });
    },
    discard() {
      for (const file of [path, nextPath]) rmSync(file, { force: true });
    },
  };
}
