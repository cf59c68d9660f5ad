import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Database as SqliteDatabase } from "better-sqlite3";
import { SqliteAdapter, SqliteDialect } from "kysely";
import { cacheStatements } from "./cache-statements.ts";
import { DatabaseError, errorCodeOf, type DatabaseProblem } from "./database-error.ts";

const defaultBusyTimeoutMs = 5_000;

/**
 * Opens a SQLite file with the pragmas of the product.
 * @throws DatabaseError when folder or file cannot be used, or another process holds the file.
 */
export async function openSqlite({
  path,
  busyTimeoutMs = defaultBusyTimeoutMs,
}: {
  readonly path: string;
  readonly busyTimeoutMs?: number;
}): Promise<SqliteDialect> {
  const file = resolve(path);
  await prepareFolder(file);
  // Not a static import: the driver's native part crashes an older Node outright, before it could be told so.
  const { default: BetterSqlite3 } = await import("better-sqlite3");
  let database: SqliteDatabase | null = null;
  try {
    database = new BetterSqlite3(file, { timeout: busyTimeoutMs });
    setPragmas(database);
    return new TransactionalSqliteDialect({ database: cacheStatements(database) });
  } catch (error) {
    database?.close();
    throw new DatabaseError(await problemOf(error, file), { cause: error });
  }
}

/** SQLite changes tables in transactions, although Kysely does not count on it: a migration that fails leaves nothing. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class TransactionalSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

function setPragmas(database: SqliteDatabase): void {
  database.pragma("journal_mode = WAL");
  // What was acknowledged, e.g. an accepted job, outlives a power cut. Writes are gathered, so this costs one sync for many.
  database.pragma("synchronous = FULL");
  database.pragma("foreign_keys = ON");
  // Takes the write lock for a moment, so that a held lock or a read-only file shows now and not at the first request.
  database.exec("BEGIN IMMEDIATE; ROLLBACK");
}

async function prepareFolder(file: string): Promise<void> {
  const folder = dirname(file);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new DatabaseError(
      {
        what: `The folder ${folder} for the database cannot be created`,
        why: reasonOf(errorCodeOf(error)),
        next: `create it and give this process's user write permission, or set TOKENHUB_DATA_DIR to another folder`,
      },
      { cause: error },
    );
  }
}

async function problemOf(error: unknown, file: string): Promise<DatabaseProblem> {
  const code = errorCodeOf(error);
  const what = `The database ${file} cannot be opened`;
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return { what, why: "it is a folder", next: "set TOKENHUB_DB_PATH to a file" };
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return {
      what,
      why: "another process has locked it",
      next: "stop the other gateway, or use PostgreSQL (DATABASE_URL) for several gateways",
    };
  }
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) {
    return {
      what,
      why: "it is damaged or no SQLite file",
      next: "restore a backup, or set TOKENHUB_DB_PATH to another file",
    };
  }
  if (code.startsWith("SQLITE_FULL")) return { what, why: "the disk is full", next: "free some space" };
  return {
    what,
    why: reasonOf(code),
    next: `give this process's user write permission for the file and its folder ${dirname(file)}, or set TOKENHUB_DATA_DIR`,
  };
}

function reasonOf(code: string): string {
  if (code === "EACCES" || code === "EPERM" || code === "EROFS" || code.startsWith("SQLITE_READONLY")) {
    return "this process's user may not write there";
  }
  if (code === "ENOTDIR" || code === "EEXIST") return "a part of the path is a file";
  if (code === "ENOENT") return "a part of the path does not exist";
  return `it failed with ${code === "" ? "an unknown error" : code}`;
}
