import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { openDatabase, type Database } from "../open-database.ts";
import { testDatabaseKinds, type TestDatabases } from "./test-databases.ts";

export interface DatabaseSource {
  /** A new database with all tables, closed when the test ends. */
  readonly openMigrated: () => Promise<Database>;
  /** A new database without any table. */
  readonly openEmpty: () => Promise<Database>;
  /** Another connection to a database of this source; null where only one process may open it. */
  readonly openAgain: (database: Database) => Promise<Database | null>;
}

const kinds = await testDatabaseKinds();

/** Runs a suite on SQLite and on PostgreSQL. */
export function describeDatabases(suite: (source: DatabaseSource) => void): void {
  describe.each(kinds)("$name", ({ start }) => {
    let databases: TestDatabases;
    beforeAll(async () => {
      databases = await start();
    }, 60_000);
    afterAll(() => databases[Symbol.asyncDispose]());

    const optionsOf = new WeakMap<Database, Parameters<typeof openDatabase>[0]>();
    async function open(options: Parameters<typeof openDatabase>[0]): Promise<Database> {
      const database = await openDatabase(options);
      onTestFinished(() => database[Symbol.asyncDispose]());
      optionsOf.set(database, options);
      return database;
    }
    suite({
      openMigrated: async () => open(await databases.createMigrated()),
      openEmpty: async () => open(await databases.createEmpty()),
      openAgain: async (database) => {
        const options = optionsOf.get(database);
        return options?.kind === "postgres" ? open(options) : null;
      },
    });
  });
}
