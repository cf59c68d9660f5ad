import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { findRedisServer, redisServerRecordFile, type RedisServerCommand } from "../redis-server-path.mjs";
import { ensureRedisServer, whatToRun } from "./ensure-redis-server.mjs";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function setup({ unpacked = null }: { unpacked?: RedisServerCommand | null } = {}) {
  const root = mkdtempSync(path.join(tmpdir(), "tokenhub-redis-setup-"));
  folders.push(root);
  const bin = path.join(root, "bin");
  mkdirSync(bin);
  const place = (name: string, script: string): string => {
    const file = path.join(bin, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const said: string[] = [];
  let unpacks = 0;
  const ensure = (environment: Record<string, string> = {}) =>
    ensureRedisServer({
      root,
      say: (line) => said.push(line),
      environment: { PATH: bin, ...environment },
      unpack: () => {
        unpacks += 1;
        return { server: unpacked, problem: "Nothing here." };
      },
    });
  return { root, bin, said, place, ensure, unpacks: () => unpacks };
}

/** A real server, so that its check can succeed; null on a machine whose set-up relies on REDIS_URL. */
const real = findRedisServer();

test("with REDIS_URL nothing is looked for", async () => {
  const { root, ensure, unpacks } = setup();
  await ensure({ REDIS_URL: "redis://127.0.0.1:1" });
  expect(unpacks()).toBe(0);
  expect(existsSync(redisServerRecordFile(root))).toBe(false);
});

test.skipIf(real === null)("a server on PATH is checked, recorded and found again", async () => {
  const { root, place, ensure, unpacks } = setup();
  const libraries = real?.env["LD_LIBRARY_PATH"] ?? "";
  const file = place("valkey-server", `LD_LIBRARY_PATH=${libraries} exec ${real?.command} "$@"`);
  await ensure();
  expect(unpacks()).toBe(0);
  expect(findRedisServer({ root, searchPath: "" })).toEqual({ command: file, env: {} });
});

test.skipIf(real === null)(
  "a broken server on PATH is passed over for a private copy, which is made only once",
  async () => {
    const { root, bin, place, said, ensure, unpacks } = setup({ unpacked: real });
    place("redis-server", "echo cannot run here >&2; exit 1");
    await ensure();
    await ensure();
    expect(unpacks()).toBe(1);
    expect(said[0]).toBe(`${bin}/redis-server is not usable (cannot run here); looking for another one`);
    expect(findRedisServer({ root, searchPath: "" })).toEqual(real);
  },
);

test("a recorded server that has disappeared is looked for again", async () => {
  const { root, ensure, unpacks } = setup();
  mkdirSync(path.dirname(redisServerRecordFile(root)));
  writeFileSync(redisServerRecordFile(root), '{"command":"/nowhere/redis-server"}');
  await expect(ensure()).rejects.toThrow("Nothing here.");
  expect(unpacks()).toBe(1);
});

test("without any server the message ends with one command for this machine", async () => {
  const { ensure } = setup();
  await expect(ensure()).rejects.toThrow(/^Nothing here\. (Run|Install) .*run the command again.*\.$/);
});

test("the advice names Homebrew, then a container engine, then the package", () => {
  const { bin } = setup();
  expect(whatToRun({ platform: "linux", searchPath: bin })).toContain("Install Redis 6.2");
  symlinkSync("/bin/sh", path.join(bin, "podman"));
  expect(whatToRun({ platform: "linux", searchPath: bin })).toContain("podman run");
  symlinkSync("/bin/sh", path.join(bin, "brew"));
  expect(whatToRun({ platform: "darwin", searchPath: bin })).toContain("brew install redis");
});
