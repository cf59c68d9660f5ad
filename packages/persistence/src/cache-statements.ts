import type { Database as SqliteDatabase, Statement } from "better-sqlite3";
import type { SqliteDatabase as PreparingDatabase } from "kysely";

/** Texts of the recorder's largest batches take 15 KB each. */
const mostStatements = 200;

/**
 * A SQLite database that remembers what it has prepared: the same few statements come again and again, and preparing a long
 * one takes longer than running it. What changes tables makes it forget everything.
 */
export function cacheStatements(database: SqliteDatabase): PreparingDatabase {
  const statements = new Map<string, Statement>();
  return {
    prepare(text) {
      if (/^\s*(create|alter|drop)\b/i.test(text)) {
        statements.clear();
        return database.prepare(text);
      }
      const known = statements.get(text);
      const statement = known ?? database.prepare(text);
      // Moved to the end: the first of the map is the one that was not used for longest.
      statements.delete(text);
      statements.set(text, statement);
      const oldest = statements.keys().next();
      if (statements.size > mostStatements && oldest.done !== true) statements.delete(oldest.value);
      return statement;
    },
    close: () => void database.close(),
  };
}
