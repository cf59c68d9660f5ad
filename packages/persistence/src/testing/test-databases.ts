import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { DatabaseOptions } from "../open-database.ts";
import { findPostgres, startPostgres } from "./start-postgres.ts";

/** One kind of database for a suite that must hold on all of them. */
export interface TestDatabases extends AsyncDisposable {
  /** How to open a new, empty database. */
  createEmpty(): Promise<DatabaseOptions>;
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
  let created = 0;
  return {
    async createEmpty() {
      created += 1;
      return { kind: "sqlite", path: join(folder, `${created}.db`) };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function startServer(binaries: string): Promise<TestDatabases> {
  const server = await startPostgres(binaries);
  return {
    createEmpty: async () => ({ kind: "postgres", url: await server.createDatabase() }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** PGlite is one session and starts slowly, so its instances are made on demand and closed by the database that uses them. */
async function startPglite(): Promise<TestDatabases> {
  return {
    createEmpty: async () => ({ kind: "pglite", client: await PGlite.create() }),
    async [Symbol.asyncDispose]() {},
  };
}
