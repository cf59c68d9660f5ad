import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect, sql } from "kysely";
import { migrate } from "../migrate.ts";
import { openDatabase, type DatabaseOptions } from "../open-database.ts";
import type { Schema } from "../schema/schema.ts";
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
  const binaries = null as Awaited<ReturnType<typeof findPostgres>>;
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
  let migrated: ResettableDatabase | null = null;
  return {
    createEmpty: async () => ({ kind: "postgres", url: await server.createDatabase() }),
    async createMigrated() {
      if (migrated === null) migrated = await prepareResettable(await server.createDatabase());
      else await resetDatabase(migrated);
      return { kind: "postgres", url: migrated.url };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** PGlite is one session and starts slowly, so its instances are made on demand and closed by the database that uses them. */
async function startPglite(): Promise<TestDatabases> {
  return {
    createEmpty: async () => ({ kind: "pglite", client: await PGlite.create() }),
    async createMigrated() {
      const client = await PGlite.create();
      // Not closed: the session is the database.
      await migrate(new Kysely<Schema>({ dialect: new PGliteDialect({ pglite: client }) }));
      return { kind: "pglite", client };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** A database that every test of a file uses in turn, because creating one takes longer than most tests. */
interface ResettableDatabase {
  readonly url: string;
  /** The rows that the migrations have made, by table. */
  readonly seeds: ReadonlyMap<string, readonly object[]>;
}

async function prepareResettable(url: string): Promise<ResettableDatabase> {
  await migrateOnce({ kind: "postgres", url });
  await using database = await openDatabase({ kind: "postgres", url });
  const seeds = new Map<string, readonly object[]>();
  for (const { name } of await database.db.introspection.getTables()) {
    const { rows } = await sql<object>`select * from ${sql.table(name)}`.execute(database.db);
    seeds.set(name, rows);
  }
  return { url, seeds };
}

async function resetDatabase({ url, seeds }: ResettableDatabase): Promise<void> {
  await using database = await openDatabase({ kind: "postgres", url });
  await database.db.transaction().execute(async (transaction) => {
    // Leaves foreign keys unchecked, so that the order of tables does not matter.
    await sql`set local session_replication_role = replica`.execute(transaction);
    for (const [name, rows] of seeds) {
      await sql`delete from ${sql.table(name)}`.execute(transaction);
      if (rows.length > 0)
        await transaction
          .insertInto(name as "settings")
          .values(rows as never)
          .execute();
    }
  });
}

async function migrateOnce(options: DatabaseOptions): Promise<void> {
  await using database = await openDatabase(options);
  await database.migrate();
}
