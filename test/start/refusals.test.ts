import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  realpathSync,
  statSync,
  writeFileSync,
  existsSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { findRedisServer } from "../../scripts/redis-server-path.mjs";
import { findFreePort } from "../../scripts/start/free-port.ts";
import { createStandInStack, type StartedCommand } from "./stand-in-stack.ts";

/** What a refused start printed: one sentence, no stack, exit code 1. */
async function refusalOf(command: StartedCommand): Promise<string> {
  expect(await command.ended).toBe(1);
  expect(command.output()).toMatch(/^tokenhub: [^\n]+[.]\n$/);
  return command.output();
}

/** The outermost folder of a path that other users may not enter; null: they may enter all of them. */
function folderClosedToOthers(innermost: string): string | null {
  const folders: string[] = [];
  for (let folder = realpathSync(innermost); ; folder = path.dirname(folder)) {
    folders.unshift(folder);
    if (folder === path.dirname(folder)) break;
  }
  return folders.find((folder) => (statSync(folder).mode & 0o001) === 0) ?? null;
}

async function listen() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { server, port, [Symbol.asyncDispose]: async () => void server.close() };
}

async function startRedis(...settings: string[]) {
  const redis = findRedisServer();
  if (redis === null) throw new Error("no Redis server: run scripts/setup.mjs");
  const port = await findFreePort();
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-redis-"));
  const child = spawn(redis.command, ["--port", String(port), "--save", "", "--dir", folder, ...settings], {
    env: { ...process.env, ...redis.env },
  });
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
  await expect.poll(() => log, { timeout: 10_000 }).toContain("Ready to accept connections");
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await once(child, "exit");
      rmSync(folder, { recursive: true });
    },
  };
}

test("S4-1: -generate-key prints 64 hex characters on a line of their own and a hint, and starts nothing", async () => {
  await using stack = createStandInStack();
  const command = stack.startReal(["/tokenhub", "-generate-key"]);
  expect(await command.ended).toBe(0);
  const [key, hint] = command.output().split("\n");
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(hint).toContain("TOKENHUB_ENCRYPTION_KEY");
  expect(existsSync(stack.dataFolder)).toBe(false);
});

test("S4-46: a busy port is one sentence that names the port and another one to try", async () => {
  await using stack = createStandInStack();
  await using busy = await listen();
  expect(await refusalOf(stack.startReal([], { TOKENHUB_PORT: String(busy.port) }))).toContain(
    `Port ${busy.port} on 127.0.0.1 is already in use: stop the other program, or choose another port, for example TOKENHUB_PORT=${busy.port + 1}.`,
  );
});

test("a host that is no address of this machine is one sentence", async () => {
  await using stack = createStandInStack();
  const extra = { TOKENHUB_HOST: "192.0.2.1", TOKENHUB_PORT: "18080" };
  expect(await refusalOf(stack.startReal([], extra))).toContain(
    "TokenHub cannot listen on 192.0.2.1:18080 (EADDRNOTAVAIL)",
  );
});

test("an unreachable Redis is one sentence without its password", async () => {
  await using stack = createStandInStack();
  const port = await findFreePort();
  const command = stack.startReal([], { REDIS_URL: `redis://user:top-secret@127.0.0.1:${port}` });
  expect(await refusalOf(command)).toContain(
    `The Redis at 127.0.0.1:${port} (REDIS_URL) cannot be reached (ECONNREFUSED)`,
  );
  expect(command.output()).not.toContain("top-secret");
});

test("a Redis that accepts the connection and never answers is given up after three seconds", async () => {
  await using stack = createStandInStack();
  await using silent = await listen();
  const command = stack.startReal([], { REDIS_URL: `redis://127.0.0.1:${silent.port}` });
  expect(await refusalOf(command)).toContain("cannot be reached (no answer within 3 s)");
});

test("a REDIS_URL that is none, which may hold a password, is refused without being repeated", async () => {
  await using stack = createStandInStack();
  const command = stack.startReal([], { REDIS_URL: "top-secret@host:6379" });
  expect(await refusalOf(command)).toContain("REDIS_URL must look like redis://host:6379");
  expect(command.output()).not.toContain("top-secret");
});

test("a Redis that may evict is refused", async () => {
  await using stack = createStandInStack();
  await using redis = await startRedis("--maxmemory-policy", "allkeys-lru");
  const command = stack.startReal([], { REDIS_URL: `redis://127.0.0.1:${redis.port}` });
  expect(await refusalOf(command)).toContain(
    "has maxmemory-policy allkeys-lru and may drop accepted requests: set it to noeviction",
  );
});

test("a missing and a wrong Redis password are told apart, and neither is printed", async () => {
  await using stack = createStandInStack();
  await using redis = await startRedis("--requirepass", "right");
  const place = `127.0.0.1:${redis.port}`;
  expect(await refusalOf(stack.startReal([], { REDIS_URL: `redis://${place}` }))).toContain(
    `The Redis at ${place} asks for a password`,
  );
  const wrong = stack.startReal([], { REDIS_URL: `redis://:top-secret@${place}` });
  expect(await refusalOf(wrong)).toContain(
    `The Redis at ${place} refuses the user name or password in REDIS_URL.`,
  );
  expect(wrong.output()).not.toContain("top-secret");
});

test("a Redis that forbids INFO is used, with a warning", async () => {
  await using stack = createStandInStack();
  await using redis = await startRedis(..."--user default on nopass ~* &* +@all -info".split(" "));
  const command = stack.start({ REDIS_URL: `redis://127.0.0.1:${redis.port}` });
  await command.waitFor("TokenHub is running");
  expect(command.output()).toContain("does not tell its maxmemory-policy");
});

test("a malformed configuration file is one sentence with line and column", async () => {
  await using stack = createStandInStack();
  const file = path.join(stack.folder, "bad.json");
  writeFileSync(file, '{\n  "server": {]\n}');
  expect(await refusalOf(stack.startReal(["-config", file]))).toContain(`${file}:2:14: `);
});

test("a configuration file that does not exist, or is a folder, is one sentence each", async () => {
  await using stack = createStandInStack();
  expect(await refusalOf(stack.startReal(["-config=/nowhere/config.json"]))).toContain(
    "/nowhere/config.json does not exist; create it",
  );
  expect(await refusalOf(stack.startReal(["--config", stack.folder]))).toContain(
    "is a directory, not a file: Docker creates an empty directory",
  );
});

test("a file in the place of the data folder is one sentence", async () => {
  await using stack = createStandInStack();
  const file = path.join(stack.folder, "file");
  writeFileSync(file, "");
  expect(await refusalOf(stack.startReal([], { TOKENHUB_DATA_DIR: file }))).toContain(
    "a file is in its place",
  );
});

test.runIf(process.getuid?.() === 0)(
  "S2-70: a data folder of another user is one sentence that says what to run",
  async ({ skip }) => {
    const needed = [import.meta.dirname, path.dirname(process.execPath), tmpdir()];
    const closed = needed.map(folderClosedToOthers).find((folder) => folder !== null);
    skip(
      closed !== undefined,
      `another user may not enter ${closed}, so it cannot run what is below it; move the checkout, or chmod o+x that folder`,
    );
    await using stack = createStandInStack();
    chmodSync(stack.folder, 0o755);
    mkdirSync(stack.dataFolder, { mode: 0o755 });
    const command = stack.startReal([], {}, { uid: 65_534 });
    const sentence = await refusalOf(command);
    expect(sentence).toContain(
      `runs as user 65534 and may not write to its data folder ${stack.dataFolder}: `,
    );
    expect(sentence).toContain("run `sudo chown -R 65534:0 ");
  },
);

test("a second TokenHub on the same data folder is refused, with the address of the first", async () => {
  await using stack = createStandInStack();
  const first = stack.start();
  await first.waitFor("TokenHub is running");
  expect(await refusalOf(stack.start())).toContain(`TokenHub already runs at http://127.0.0.1:`);
  expect(first.child.exitCode).toBeNull();
});

test("an argument that is not known is one sentence that names the known ones", async () => {
  await using stack = createStandInStack();
  expect(await refusalOf(stack.startReal(["--confg=a.json"]))).toContain(
    'The argument "--confg=a.json" is not known',
  );
});

test("S2-68: a setting with a wrong value is one sentence that names it", async () => {
  await using stack = createStandInStack();
  expect(await refusalOf(stack.startReal([], { TOKENHUB_DEBUG: "yes" }))).toContain("TOKENHUB_DEBUG");
});

test("S4-1: a key whose hint nobody reads (`-generate-key | head -1`) ends without a stack", async () => {
  await using stack = createStandInStack();
  const command = stack.startReal(["-generate-key"]);
  command.child.stdout?.destroy();
  expect(await command.ended).toBe(0);
  expect(command.output()).toBe("");
});
