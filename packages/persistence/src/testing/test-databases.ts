import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect } from "kysely";
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
  const template = await server.createDatabase();
  await migrateOnce({ kind: "postgres", url: template });
  return {
    createEmpty: async () => ({ kind: "postgres", url: await server.createDatabase() }),
    createMigrated: async () => ({ kind: "postgres", url: await server.createDatabase({ template }) }),
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

async function migrateOnce(options: DatabaseOptions): Promise<void> {
  await using database = await openDatabase(options);
  await database.migrate();
}
