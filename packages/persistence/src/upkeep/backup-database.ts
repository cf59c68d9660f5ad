import { randomUUID } from "node:crypto";
import { access, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DatabaseError } from "../database-error.ts";
import type { Database } from "../open-database.ts";
import { checkSqliteFile } from "./check-sqlite-file.ts";

export interface BackupReport {
  readonly file: string;
  readonly bytes: number;
}

/**
 * Copies a SQLite database, as it is at this moment, into one file that needs nothing beside it, while it goes on being
 * written. The file appears under its name only after its integrity was checked, and only this user may read it.
 * @throws DatabaseError for PostgreSQL, when the file exists already, or when the copy does not pass the check.
 */
export async function backupDatabase(
  database: Pick<Database, "file">,
  { targetFile }: { readonly targetFile: string },
): Promise<BackupReport> {
  if (database.file === null) {
    throw new DatabaseError({
      what: "The database cannot be copied into a file",
      why: "it is a PostgreSQL database, which has its own tools for that",
      next: 'run pg_dump --format=custom --file=tokenhub.dump "$DATABASE_URL", and pg_restore to get it back',
    });
  }
  const target = resolve(targetFile);
  await refuseExisting(target);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const partial = `${target}.${randomUUID()}.partial`;
  try {
    await copySqliteFile({ source: database.file, target: partial });
    await refuseExisting(target);
    await rename(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
  return { file: target, bytes: (await stat(target)).size };
}

/**
 * Copies one moment of a SQLite file, its write-ahead log included, and checks the copy.
 * @throws DatabaseError when source or copy is damaged.
 */
export async function copySqliteFile({
  source,
  target,
}: {
  readonly source: string;
  readonly target: string;
}): Promise<void> {
  const { default: BetterSqlite3 } = await import("better-sqlite3");
  // Made first, because SQLite would let everybody read it.
  await (await open(target, "wx", 0o600)).close();
  const reader = new BetterSqlite3(source, { readonly: true, fileMustExist: true });
  try {
    // The transaction holds on to one moment; without it every write would make the copy start again.
    reader.exec("BEGIN");
    reader.prepare("select count(*) from sqlite_master").get();
    await reader.backup(target);
  } finally {
    reader.close();
  }
  const copy = new BetterSqlite3(target, { fileMustExist: true });
  try {
    // One file, without a log beside it.
    copy.pragma("journal_mode = DELETE");
    checkSqliteFile(copy, { file: source, next: "restore an earlier backup, or check the disk" });
  } finally {
    copy.close();
  }
}

async function refuseExisting(target: string): Promise<void> {
  const exists = await access(target).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new DatabaseError({
    what: `The backup ${target} cannot be written`,
    why: "a file of that name exists",
    next: "name another file, or move that one away",
  });
}
