import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { DatabaseError } from "./database-error.ts";
import { migrations } from "./migrations/index.ts";
import { openDatabase, type DatabaseOptions } from "./open-database.ts";
import { findPostgres, startPostgres } from "./testing/start-postgres.ts";

async function setUpFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-open-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function refusalOf(options: DatabaseOptions): Promise<DatabaseError> {
  const outcome = await openDatabase(options).then(
    async (database) => {
      await database[Symbol.asyncDispose]();
      return "it opened";
    },
    (error: unknown) => error,
  );
  if (!(outcome instanceof DatabaseError))
    throw new Error(`expected a DatabaseError, got ${String(outcome)}`);
  expect(outcome.message).toMatch(/^The .+ because .+; .+\.$/);
  return outcome;
}

describe("SQLite", () => {
  test("the folder is created for this user only, and the pragmas hold", async () => {
    const path = join(await setUpFolder(), "a", "b", "hub.db");
    await using database = await openDatabase({ kind: "sqlite", path });
    const pragma = async (name: string): Promise<unknown> => {
      const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(database.db);
      return Object.values(rows[0] ?? {})[0];
    };
    expect(await pragma("journal_mode")).toBe("wal");
    expect(await pragma("busy_timeout")).toBe(5_000);
    expect(await pragma("foreign_keys")).toBe(1);
    expect(await pragma("synchronous")).toBe(2);
    expect((await stat(join(path, ".."))).mode & 0o777).toBe(0o700);
  });

  test("what was written is there after closing and opening again", async () => {
    const path = join(await setUpFolder(), "hub.db");
    for (const expected of [Object.keys(migrations), []]) {
      await using database = await openDatabase({ kind: "sqlite", path });
      expect(await database.migrate()).toEqual(expected);
    }
  });

  test("a closed database leaves no lock and no open file behind", async () => {
    const path = join(await setUpFolder(), "hub.db");
    await (await openDatabase({ kind: "sqlite", path }))[Symbol.asyncDispose]();
    await expect(stat(`${path}-wal`)).rejects.toThrow("ENOENT");
  });

  test("a folder that cannot be created is refused with the remedy", async () => {
    const file = join(await setUpFolder(), "file");
    await writeFile(file, "");
    const { message } = await refusalOf({ kind: "sqlite", path: join(file, "hub.db") });
    expect(message).toMatch(
      /a part of the path is a file; create it and give this process's user write permission/,
    );
  });

  test("a folder at the path of the file is refused with the remedy", async () => {
    const path = join(await setUpFolder(), "hub.db");
    await mkdir(path);
    const { message } = await refusalOf({ kind: "sqlite", path });
    expect(message).toBe(
      `The database ${path} cannot be opened because it is a folder; set TOKENHUB_DB_PATH to a file.`,
    );
  });

  test("a file that is no database is refused and left alone", async () => {
    const path = join(await setUpFolder(), "hub.db");
    await writeFile(path, "something else entirely, long enough to be taken for a header".repeat(20));
    const { message } = await refusalOf({ kind: "sqlite", path });
    expect(message).toContain("it is damaged or no SQLite file");
    expect((await stat(path)).size).toBe(1_220);
  });

  test("a file that another process has locked is refused with the remedy", async () => {
    const path = join(await setUpFolder(), "hub.db");
    await (await openDatabase({ kind: "sqlite", path }))[Symbol.asyncDispose]();
    const other = new BetterSqlite3(path);
    onTestFinished(() => void other.close());
    other.exec("BEGIN EXCLUSIVE");
    const { message } = await refusalOf({ kind: "sqlite", path, busyTimeoutMs: 20 });
    expect(message).toMatch(/another process has locked it; stop the other gateway, or use PostgreSQL/);
  });

  test.skipIf(process.getuid?.() === 0)(
    "a read-only folder is refused with the remedy (root may write everywhere)",
    async () => {
      const folder = await setUpFolder();
      await chmod(folder, 0o500);
      const { message } = await refusalOf({ kind: "sqlite", path: join(folder, "hub.db") });
      expect(message).toContain("give this process's user write permission");
    },
  );
});

describe("PostgreSQL addresses", () => {
  test("a server that is not there is refused without its password", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    await new Promise((resolve) => server.close(resolve));
    const { message } = await refusalOf({
      kind: "postgres",
      url: `postgres://hub:hunter2@127.0.0.1:${port}/hub`,
    });
    expect(message).toContain(
      `PostgreSQL database 127.0.0.1:${port}/hub cannot be opened because nothing listens there`,
    );
    expect(message).not.toContain("hunter2");
  });

  test("a server that accepts and never answers is given up", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
    server.on("connection", (socket) => onTestFinished(() => void socket.destroy()));
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const { message } = await refusalOf({
      kind: "postgres",
      url: `postgres://hub@127.0.0.1:${port}/hub`,
      connectTimeoutMs: 50,
    });
    expect(message).toContain("it does not answer; check that PostgreSQL runs");
  });

  test("an address that is no URL is refused without repeating it, cause included", async () => {
    const refusal = await refusalOf({
      kind: "postgres",
      url: { reveal: () => "postgres://hub:hun/ter2@:x/" },
    });
    expect(refusal.message).toContain("write DATABASE_URL like postgres://");
    expect(refusal.message + JSON.stringify(refusal)).not.toContain("ter2");
    expect(refusal.cause).toBeUndefined();
  });
});

const binaries = await findPostgres();
describe.skipIf(binaries === null)("a PostgreSQL server (the machine has none)", () => {
  async function setUpServer() {
    const server = await startPostgres(binaries ?? "");
    onTestFinished(() => server[Symbol.asyncDispose]());
    return server;
  }

  test("two gateways that start at once migrate a new database together", async () => {
    const server = await setUpServer();
    const url = await server.createDatabase();
    await using one = await openDatabase({ kind: "postgres", url });
    await using two = await openDatabase({ kind: "postgres", url });
    const applied = await Promise.all([one.migrate(), two.migrate()]);
    expect(applied.flat()).toEqual(Object.keys(migrations));
  });

  test("a database that does not exist is refused with the remedy", async () => {
    const server = await setUpServer();
    const { message } = await refusalOf({ kind: "postgres", url: server.urlOf("absent") });
    expect(message).toMatch(
      /\/absent cannot be opened because the server has no database of that name; create it/,
    );
  });

  test("lost connections cost at most one query, not the process", async () => {
    const server = await setUpServer();
    await using database = await openDatabase({ kind: "postgres", url: await server.createDatabase() });
    await Promise.all([database.ping(), database.ping(), database.ping()]);
    await server.dropConnections();
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => database.ping()));
    expect(answers.length).toBe(10);
    await database.ping();
  });
});
