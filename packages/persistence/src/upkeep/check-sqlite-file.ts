import type { Database as SqliteDatabase } from "better-sqlite3";
import { DatabaseError, errorCodeOf } from "../database-error.ts";

/**
 * Reads every page of an open SQLite file.
 * @throws DatabaseError when it is damaged or does not hold TokenHub's tables.
 */
export function checkSqliteFile(
  database: SqliteDatabase,
  { file, next }: { readonly file: string; readonly next: string },
): void {
  const what = `The file ${file} cannot be used`;
  let findings: unknown[];
  let isOurs: boolean;
  try {
    findings = database.pragma("integrity_check(10)") as unknown[];
    const tables = database.prepare(
      "select count(*) as found from sqlite_master where type = 'table' and name in ('kysely_migration', 'request_log')",
    );
    isOurs = (tables.get() as { readonly found: number }).found === 2;
  } catch (error) {
    throw new DatabaseError(
      { what, why: `it is damaged or no SQLite file (${errorCodeOf(error)})`, next },
      { cause: error },
    );
  }
  if (JSON.stringify(findings) !== '[{"integrity_check":"ok"}]') {
    throw new DatabaseError({ what, why: "its integrity check found damage", next });
  }
  if (!isOurs) throw new DatabaseError({ what, why: "it is no database of TokenHub", next });
}
