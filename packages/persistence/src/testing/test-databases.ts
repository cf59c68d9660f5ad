import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { sql } from "kysely";
import { openDatabase, type DatabaseOptions } from "../open-database.ts";
import { findPostgres, startPostgres } from "./start-postgres.ts";

/** One kind of database for a suite that must hold on all of them. */
export interface TestDatabases extends AsyncDisposable {
  /** How to open a new, empty database. */
  createEmpty(): Promise<DatabaseOptions>;
  /** How to open a new database with all tables. */
  createMigrated(): Promise<DatabaseOptions>;
}

export interface TestDatabaseKind {
  readonly name: string;
  readonly start: () => Promise<TestDatabases>;
}

/** SQLite, and a real PostgreSQL where the machine has one, else PGlite: never fewer than two. */
export async function testDatabaseKinds(): Promise<readonly TestDatabaseKind[]> {
  const binaries = await findPostgres();
  const postgres: TestDatabaseKind =
    binaries === null
      ? { name: "PGlite", start: startPglite }
      : { name: "PostgreSQL", start: () => startServer(binaries) };
  return [{ name: "SQLite", start: startSqlite }, postgres];
}

async function startSqlite(): Promise<TestDatabases> {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-sqlite-"));
  const template = join(folder, "template.db");
  await migrateOnce({ kind: "sqlite", path: template });
  let created = 0;
  const createEmpty = async () => {
    created += 1;
    return { kind: "sqlite", path: join(folder, `${created}.db`) } as const;
  };
  return {
    createEmpty,
    async createMigrated() {
      const options = await createEmpty();
      await copyFile(template, options.path);
      return options;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function startServer(binaries: string): Promise<TestDatabases> {
  const server = await startPostgres(binaries);
  const reused = createReusedDatabase({ kind: "postgres", url: await server.createDatabase() });
  return {
    createEmpty: async () => ({ kind: "postgres", url: await server.createDatabase() }),
    createMigrated: () => reused.withTables(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** PGlite is one session and starts slowly, so that a whole file shares one. */
async function startPglite(): Promise<TestDatabases> {
  const client = await PGlite.create();
  const reused = createReusedDatabase({
    kind: "pglite",
    client: {
      closed: false,
      ready: true,
      waitReady: client.waitReady,
      query: (text, parameters, options) => client.query(text, parameters, options),
      transaction: (work) => client.transaction((transaction) => work(transaction)),
      // Whoever opens a database closes it; the next test still needs the session.
      close: async () => {},
    },
  });
  return {
    createEmpty: () => reused.withoutTables(),
    createMigrated: () => reused.withTables(),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** A PostgreSQL database that the tests of a file use in turn, because making one takes longer than most tests. */
function createReusedDatabase(options: DatabaseOptions) {
  /** The rows that the migrations have made, by table; null while there are no tables. */
  let seeds: ReadonlyMap<string, readonly object[]> | null = null;

  async function prepare(): Promise<void> {
    await empty();
    await migrateOnce(options);
    await using database = await openDatabase(options);
    const found = new Map<string, readonly object[]>();
    for (const { name } of await database.db.introspection.getTables()) {
      const { rows } = await sql<object>`select * from ${sql.table(name)}`.execute(database.db);
      found.set(name, rows);
    }
    seeds = found;
  }

  async function reset(initial: ReadonlyMap<string, readonly object[]>): Promise<void> {
    await using database = await openDatabase(options);
    await database.db.transaction().execute(async (transaction) => {
      // Leaves foreign keys unchecked, so that the order of tables does not matter.
      await sql`set local session_replication_role = replica`.execute(transaction);
      for (const [name, rows] of initial) {
        await sql`delete from ${sql.table(name)}`.execute(transaction);
        const table = transaction.insertInto(name as "settings");
        if (rows.length > 0) await table.values(rows as never).execute();
      }
    });
  }

  async function empty(): Promise<void> {
    await using database = await openDatabase(options);
    await sql`drop schema public cascade`.execute(database.db);
    await sql`create schema public`.execute(database.db);
  }

  return {
    async withTables(): Promise<DatabaseOptions> {
      await (seeds === null ? prepare() : reset(seeds));
      return options;
    },
    async withoutTables(): Promise<DatabaseOptions> {
      seeds = null;
      await empty();
      return options;
    },
  };
}

async function migrateOnce(options: DatabaseOptions): Promise<void> {
  await using database = await openDatabase(options);
  await database.migrate();
}
