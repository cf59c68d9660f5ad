import { openDatabase, type Database } from "@tokenhub/persistence";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A new SQLite database with all tables; ends with the test. */
export async function openTestDatabase(): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-insight-"));
  const database = await openDatabase({ kind: "sqlite", path: join(folder, "hub.db") });
  await database.migrate();
  onTestFinished(async () => {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  return database;
}
