import { access, mkdir, readdir, rm, rmdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DatabaseError, errorCodeOf } from "../database-error.ts";
import { openDatabase } from "../open-database.ts";
import { checkSqliteFile } from "./check-sqlite-file.ts";
import { copySqliteFile } from "./backup-database.ts";

export interface RestoreReport {
  readonly file: string;
  /** Names of the migrations that brought an older backup up to date. */
  readonly migrations: readonly string[];
}

/**
 * Puts a backup into an empty data folder and brings it up to this release. The backup itself is only read. When anything
 * fails the folder is left as it was.
 * @throws DatabaseError when the folder holds anything, or the backup is missing, damaged, or of a newer release.
 */
export async function restoreDatabase({
  sourceFile,
  targetFolder,
  fileName = "tokenhub.db",
}: {
  readonly sourceFile: string;
  readonly targetFolder: string;
  /** Default `tokenhub.db`. */
  readonly fileName?: string;
}): Promise<RestoreReport> {
  const source = resolve(sourceFile);
  const folder = resolve(targetFolder);
  await checkSource(source);
  const wasThere = await refuseOccupied(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, fileName);
  try {
    await copySqliteFile({ source, target: file });
    await using database = await openDatabase({ kind: "sqlite", path: file });
    return { file, migrations: await database.migrate() };
  } catch (error) {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) await rm(file + suffix, { force: true });
    if (!wasThere) await rmdir(folder);
    throw error;
  }
}

async function checkSource(source: string): Promise<void> {
  await access(source).catch((error: unknown) => {
    throw new DatabaseError(
      {
        what: `The backup ${source} cannot be read`,
        why: errorCodeOf(error) === "ENOENT" ? "it does not exist" : `it failed with ${errorCodeOf(error)}`,
        next: "name the file that a backup wrote",
      },
      { cause: error },
    );
  });
  const { default: BetterSqlite3 } = await import("better-sqlite3");
  const database = new BetterSqlite3(source, { readonly: true, fileMustExist: true });
  try {
    checkSqliteFile(database, { file: source, next: "use another backup" });
  } finally {
    database.close();
  }
}

/** Whether the folder exists; it must be empty then. */
async function refuseOccupied(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCodeOf(error) === "ENOENT") return null;
    throw new DatabaseError(
      {
        what: `The folder ${folder} cannot be used`,
        why: errorCodeOf(error) === "ENOTDIR" ? "it is a file" : `it failed with ${errorCodeOf(error)}`,
        next: "name an empty folder, or one that does not exist",
      },
      { cause: error },
    );
  });
  if (names === null) return false;
  if (names.length > 0) {
    throw new DatabaseError({
      what: `Nothing was restored into the folder ${folder}`,
      why: "it is not empty, and what it holds may still be needed",
      next: "move its content away, or name another folder",
    });
  }
  return true;
}
