import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, chmod, chown, constants, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";

export interface PostgresServer extends AsyncDisposable {
  /** Creates an empty database and gives its connection URL. */
  createDatabase(): Promise<string>;
  /** The URL of a database that need not exist. */
  urlOf(database: string): string;
  /** Ends every other connection to all databases, as a failover would. */
  dropConnections(): Promise<void>;
}

/** Folder of the newest `postgres` and `initdb` on this machine; null when there is none. */
export async function findPostgres(): Promise<string | null> {
  const versioned = await readdir("/usr/lib/postgresql").catch(() => []);
  const packaged = versioned
    .toSorted((left, right) => Number(right) - Number(left))
    .map((version) => `/usr/lib/postgresql/${version}/bin`);
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), ...packaged]) {
    const isComplete = await Promise.all(
      ["postgres", "initdb"].map((name) => access(join(folder, name), constants.X_OK)),
    ).then(
      () => true,
      () => false,
    );
    if (isComplete) return folder;
  }
  return null;
}

/**
 * Starts a private server in a temporary folder, reachable only through a socket in that folder, so that no port can
 * clash and no other user can connect. PostgreSQL refuses to run as root; then it runs as `postgres` or `nobody`.
 */
export async function startPostgres(binaries: string): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-pg-"));
  const user = await findUnprivilegedUser();
  await chmod(folder, 0o700);
  if (user !== null) await chown(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const settings = { cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C" }, ...user };
  try {
    await run(
      spawn(
        join(binaries, "initdb"),
        [
          "-D",
          data,
          "-U",
          "hub",
          "--auth=trust",
          "--encoding=UTF8",
          "--no-locale",
          "--no-sync",
          "--wal-segsize=1",
        ],
        { ...settings, stdio: ["ignore", "ignore", "pipe"] },
      ),
    );
    const speedUps = [
      "fsync=off",
      "synchronous_commit=off",
      "full_page_writes=off",
      "shared_buffers=32MB",
      "autovacuum=off",
      "wal_level=minimal",
      "max_wal_senders=0",
    ];
    const server = spawn(
      join(binaries, "postgres"),
      ["-D", data, "-k", folder, "-h", "", ...speedUps.flatMap((setting) => ["-c", setting])],
      { ...settings, stdio: ["ignore", "ignore", "pipe"] },
    );
    const killAtExit = (): void => void server.kill("SIGKILL");
    process.once("exit", killAtExit);
    await untilReady(server);
    return handleOf(server, { folder, killAtExit });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function handleOf(
  server: ChildProcess,
  { folder, killAtExit }: { readonly folder: string; readonly killAtExit: () => void },
): PostgresServer {
  let created = 0;
  const urlOf = (database: string): string =>
    `postgres://hub@localhost/${database}?host=${encodeURIComponent(folder)}`;
  return {
    urlOf,
    async createDatabase() {
      created += 1;
      const name = `test_${created}`;
      await query(urlOf("postgres"), `create database ${name}`);
      return urlOf(name);
    },
    dropConnections: () =>
      query(
        urlOf("postgres"),
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
      ),
    async [Symbol.asyncDispose]() {
      process.off("exit", killAtExit);
      if (server.exitCode === null) {
        const ended = once(server, "exit");
        // Fast shutdown: sessions are ended, nothing is waited for.
        server.kill("SIGINT");
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function query(url: string, statement: string): Promise<void> {
  const { default: postgres } = await import("pg");
  const client = new postgres.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function findUnprivilegedUser(): Promise<{ readonly uid: number; readonly gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = lines.find(([user]) => user === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("PostgreSQL cannot run as root, and there is no user postgres or nobody to run it as");
}

async function run(child: ChildProcess): Promise<void> {
  const output = collect(child);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}: ${output()}`);
}

async function untilReady(server: ChildProcess): Promise<void> {
  const output = collect(server);
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on("data", () => {
      if (output().includes("ready to accept connections")) resolve();
    });
    server.once("exit", (code) => reject(new Error(`postgres ended with ${code}: ${output()}`)));
    server.once("error", reject);
  });
}

function collect(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-10_000);
  });
  return () => text;
}
