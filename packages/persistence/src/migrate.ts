import type { Kysely } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import { DatabaseError } from "./database-error.ts";
import { migrations as ownMigrations } from "./migrations/index.ts";
import type { Schema } from "./schema/schema.ts";

/**
 * Brings the tables to the state this release needs and gives the names of the migrations it applied. Several processes
 * may call it at once on PostgreSQL, which makes them wait for each other.
 * @throws DatabaseError when one fails, or when a newer release has already changed this database.
 */
export async function migrate(
  db: Kysely<Schema>,
  { migrations = ownMigrations }: { readonly migrations?: Readonly<Record<string, Migration>> } = {},
): Promise<readonly string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const known = Object.keys(migrations);
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error === undefined) return results.map(({ migrationName }) => migrationName);
  const failed = results.find(({ status }) => status === "Error");
  if (failed === undefined && error instanceof Error && error.message.startsWith("corrupted migrations")) {
    throw new DatabaseError(
      {
        what: "The database cannot be used",
        why: `it was changed by another release of TokenHub (this one knows migrations up to ${known.at(-1) ?? "none"})`,
        next: "start the newer release, or restore the backup that was made before it",
      },
      { cause: error },
    );
  }
  throw new DatabaseError(
    {
      what: "The tables of the database cannot be brought up to date",
      why: `the migration ${failed?.migrationName ?? "run"} failed`,
      next: "see the cause in the log, and check that the database user may create tables",
    },
    { cause: error },
  );
}
