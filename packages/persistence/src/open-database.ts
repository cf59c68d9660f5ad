import { Kysely, PGliteDialect, sql, type Dialect, type PGliteDialectConfig } from "kysely";
import type { Migration } from "kysely/migration";
import { resolve } from "node:path";
import { migrate } from "./migrate.ts";
import { connectPostgres } from "./postgres-dialect.ts";
import type { Schema } from "./schema/schema.ts";
import { openSqlite } from "./sqlite-dialect.ts";

export type DatabaseOptions =
  | { readonly kind: "sqlite"; readonly path: string; readonly busyTimeoutMs?: number }
  | {
      readonly kind: "postgres";
      /** A connection URL as text, or in a type that redacts itself. */
      readonly url: string | { reveal(): string };
      /** Connections of this process. Default 10. */
      readonly maxConnections?: number;
      readonly connectTimeoutMs?: number;
    }
  /** PostgreSQL inside the process, for tests. */
  | { readonly kind: "pglite"; readonly client: Extract<PGliteDialectConfig["pglite"], object> };

export interface Database extends AsyncDisposable {
  readonly db: Kysely<Schema>;
  readonly dialect: "sqlite" | "postgres";
  /** The SQLite file; null for PostgreSQL. */
  readonly file: string | null;
  /** Brings the tables up to date; gives the names of the migrations that were applied. */
  migrate(options?: {
    readonly migrations?: Readonly<Record<string, Migration>>;
  }): Promise<readonly string[]>;
  /** A round trip; rejects when the database does not answer. */
  ping(): Promise<void>;
}

/**
 * Opens the database and makes sure that it answers and can be written. SQLite: the folder is created when it is missing;
 * WAL, foreign keys on, synchronous FULL, other processes' locks waited for up to five seconds.
 * @throws DatabaseError in one sentence when it cannot be opened.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const db = new Kysely<Schema>({ dialect: await dialectOf(options) });
  const ping = async (): Promise<void> => {
    await sql`select 1`.execute(db);
  };
  // The first query also starts the driver: before it, closing would leave file or connections open.
  await ping().catch(async (error: unknown) => {
    await db.destroy();
    throw error;
  });
  return {
    db,
    dialect: options.kind === "sqlite" ? "sqlite" : "postgres",
    file: options.kind === "sqlite" ? resolve(options.path) : null,
    migrate: (migrateOptions) => migrate(db, migrateOptions),
    ping,
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

function dialectOf(options: DatabaseOptions): Promise<Dialect> | Dialect {
  switch (options.kind) {
    case "sqlite":
      return openSqlite(options);
    case "postgres":
      return connectPostgres({
        ...options,
        url: typeof options.url === "string" ? options.url : options.url.reveal(),
      });
    case "pglite":
      return new PGliteDialect({ pglite: options.client });
  }
}
