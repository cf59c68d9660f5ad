import { mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { DatabaseError } from "../database-error.ts";
import { migrations } from "../migrations/index.ts";
import { openDatabase, type Database } from "../open-database.ts";
import { recordFinished } from "../requests/record-finished.ts";
import { createRequestLogRepository } from "../requests/request-log-repository.ts";
import { createSpendRepository, monthOf } from "../requests/spend-repository.ts";
import { buildFact } from "../testing/build-fact.ts";
import { backupDatabase } from "./backup-database.ts";
import { restoreDatabase } from "./restore-database.ts";

async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-backup-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const database = await openDatabase({ kind: "sqlite", path: join(folder, "live", "hub.db") });
  onTestFinished(() => database[Symbol.asyncDispose]());
  await database.migrate();
  return { folder, database, backup: join(folder, "backup.db"), target: join(folder, "restored") };
}

const factsFrom = (start: number, count: number) =>
  Array.from({ length: count }, (_, index) => buildFact(start + index));

async function openRestored(file: string): Promise<Database> {
  const database = await openDatabase({ kind: "sqlite", path: file });
  onTestFinished(() => database[Symbol.asyncDispose]());
  return database;
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => "it was done",
    (error: unknown) => error,
  );
  if (!(outcome instanceof DatabaseError))
    throw new Error(`expected a DatabaseError, got ${String(outcome)}`);
  return outcome.message;
}

describe("backup", () => {
  test("S0-14, S1-19: a backup is one private file that restores into an empty folder with every row", async () => {
    const { database, backup, target } = await setUp();
    await recordFinished(database.db, { facts: factsFrom(0, 100), nowMs: 1 });
    const report = await backupDatabase(database, { targetFile: backup });
    expect(report.bytes).toBe((await stat(backup)).size);
    expect((await stat(backup)).mode & 0o777).toBe(0o600);
    const restored = await restoreDatabase({ sourceFile: backup, targetFolder: target });
    expect(restored).toEqual({ file: join(target, "tokenhub.db"), migrations: [] });
    expect((await stat(target)).mode & 0o777).toBe(0o700);
    expect((await stat(restored.file)).mode & 0o777).toBe(0o600);
    const log = createRequestLogRepository((await openRestored(restored.file)).db);
    expect((await log.page({ limit: 1 })).total).toBe(100);
  });

  test("a backup of a database under steady writing is one consistent moment, and the writing goes on", async () => {
    const { database, backup, target } = await setUp();
    await recordFinished(database.db, { facts: factsFrom(0, 3_000), nowMs: 1 });
    let written = 3_000;
    let isDone = false;
    const writing = (async () => {
      while (!isDone) {
        await recordFinished(database.db, { facts: factsFrom(written, 8), nowMs: 1 });
        written += 8;
        await nextTurn();
      }
    })();
    await backupDatabase(database, { targetFile: backup });
    isDone = true;
    await writing;
    expect(written).toBeGreaterThan(3_008);
    const { db } = await openRestored(
      (await restoreDatabase({ sourceFile: backup, targetFolder: target })).file,
    );
    const { total } = await createRequestLogRepository(db).page({ limit: 1 });
    const month = monthOf(buildFact(0).acceptedAtMs);
    const spend = await createSpendRepository(db).get({ scopeKind: "key", scopeId: "key_one", month });
    // Whole batches only, and log and ledger agree.
    expect([(total - 3_000) % 8, spend.requestCount]).toEqual([0, total]);
    expect(total).toBeLessThanOrEqual(written);
  });

  test("an existing file is not overwritten, and a backup that fails leaves nothing", async () => {
    const { folder, database, backup } = await setUp();
    await writeFile(backup, "precious");
    expect(await refusalOf(backupDatabase(database, { targetFile: backup }))).toMatch(
      /a file of that name exists/,
    );
    expect((await stat(backup)).size).toBe(8);
    const missing = backupDatabase({ file: join(folder, "none.db") }, { targetFile: join(folder, "b.db") });
    await expect(missing).rejects.toThrow("unable to open database file");
    expect((await readdir(folder)).toSorted()).toEqual(["backup.db", "live"]);
  });

  test("S2-74: PostgreSQL is sent to its own tools", async () => {
    const message = await refusalOf(backupDatabase({ file: null }, { targetFile: "/nowhere/b.db" }));
    expect(message).toContain("pg_dump");
  });
});

describe("restore", () => {
  async function setUpBackup() {
    const prepared = await setUp();
    await recordFinished(prepared.database.db, { facts: factsFrom(0, 500), nowMs: 1 });
    await backupDatabase(prepared.database, { targetFile: prepared.backup });
    return prepared;
  }

  test("a folder that holds anything is refused and left alone", async () => {
    const { backup, target } = await setUpBackup();
    await mkdir(target);
    await writeFile(join(target, "other"), "x");
    expect(await refusalOf(restoreDatabase({ sourceFile: backup, targetFolder: target }))).toMatch(
      /not empty/,
    );
    expect(await readdir(target)).toEqual(["other"]);
  });

  test("a damaged file is refused and nothing is left behind", async () => {
    const { backup, target } = await setUpBackup();
    const file = await open(backup, "r+");
    await file.write(Buffer.alloc(40_000, 0x5a), 0, 40_000, 100_000);
    await file.close();
    expect(await refusalOf(restoreDatabase({ sourceFile: backup, targetFolder: target }))).toMatch(
      /integrity check found damage|is damaged/,
    );
    await expect(stat(target)).rejects.toThrow("ENOENT");
  });

  test("a file that is cut short, no database, another program's database or missing is refused", async () => {
    const { folder, backup, target } = await setUpBackup();
    const refusal = (sourceFile: string) => refusalOf(restoreDatabase({ sourceFile, targetFolder: target }));
    const file = await open(backup, "r+");
    await file.truncate(50_000);
    await file.close();
    expect(await refusal(backup)).toMatch(/damage/);
    const text = join(folder, "text");
    await writeFile(text, "nothing that SQLite would know ".repeat(100));
    expect(await refusal(text)).toMatch(/damaged or no SQLite file/);
    const foreign = join(folder, "foreign.db");
    const other = new BetterSqlite3(foreign);
    other.exec("create table notes (id integer)");
    other.close();
    expect(await refusal(foreign)).toMatch(/no database of TokenHub/);
    expect(await refusal(join(folder, "absent.db"))).toMatch(/does not exist/);
    await expect(stat(target)).rejects.toThrow("ENOENT");
  });

  test("a backup of an older release is brought up to date, and one of a newer release is refused whole", async () => {
    const { folder, target } = await setUp();
    const first = Object.fromEntries(Object.entries(migrations).slice(0, 1));
    const old = await openDatabase({ kind: "sqlite", path: join(folder, "old.db") });
    await old.migrate({ migrations: first });
    await old[Symbol.asyncDispose]();
    const restored = await restoreDatabase({ sourceFile: join(folder, "old.db"), targetFolder: target });
    expect(restored.migrations).toEqual(Object.keys(migrations).slice(1));
    const newer = await openDatabase({ kind: "sqlite", path: join(folder, "newer.db") });
    await newer.migrate({ migrations: { ...migrations, "9999-newer": { up: async () => {} } } });
    await newer[Symbol.asyncDispose]();
    const empty = join(folder, "empty");
    await mkdir(empty);
    const message = await refusalOf(
      restoreDatabase({ sourceFile: join(folder, "newer.db"), targetFolder: empty }),
    );
    expect(message).toMatch(/another release of TokenHub/);
    expect(await readdir(empty)).toEqual([]);
  });
});
