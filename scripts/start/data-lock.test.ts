import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { acquireDataLock, readLock } from "./data-lock.ts";
import { identifyProcess } from "./process-identity.ts";

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0)) step();
});

function setup() {
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-lock-"));
  cleanUp.push(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "tokenhub.lock");
  const said: string[] = [];
  const acquire = () =>
    acquireDataLock(folder, { say: (line) => said.push(line), patienceMs: 5_000, heartbeatMs: 20 }).then(
      (lock) => {
        cleanUp.unshift(() => lock.release());
        return lock;
      },
    );
  const leave = (record: object): void =>
    writeFileSync(file, JSON.stringify({ hostname: hostname(), watchdog: null, url: null, ...record }));
  return { file, said, acquire, leave };
}

function startSleeper() {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  cleanUp.push(() => child.kill("SIGKILL"));
  return { child, identity: identifyProcess(child.pid ?? 0) };
}

test("a folder that a running TokenHub uses is refused, with its process id and address", async () => {
  const { acquire, leave } = setup();
  const { identity } = startSleeper();
  leave({ owner: identity, url: "http://127.0.0.1:1234" });
  await expect(acquire()).rejects.toThrow(`already runs at http://127.0.0.1:1234 (process ${identity.pid})`);
});

test("the lock of a dead process is taken over, and release removes it", async () => {
  const { file, acquire, leave } = setup();
  const { child, identity } = startSleeper();
  child.kill("SIGKILL");
  await once(child, "exit");
  leave({ owner: identity });
  const lock = await acquire();
  expect(readLock(file)?.owner.pid).toBe(process.pid);
  lock.release();
  expect(readLock(file)).toBeNull();
});

test("a process id that another program got later does not hold the lock", async () => {
  const { acquire, leave } = setup();
  const { identity } = startSleeper();
  leave({ owner: { pid: identity.pid, startedAt: "1" } });
  await expect(acquire()).resolves.toBeDefined();
});

test("the id of this very process in an old lock (a restarted container) does not hold it", async () => {
  const { acquire, leave } = setup();
  leave({ owner: { pid: process.pid, startedAt: null } });
  await expect(acquire()).resolves.toBeDefined();
});

test("while the watchdog of a killed TokenHub still stops its services, a start waits for it", async () => {
  const { said, acquire, leave } = setup();
  const { child, identity } = startSleeper();
  leave({ owner: { pid: 2 ** 22, startedAt: "1" }, watchdog: identity });
  const acquired = acquire();
  await expect.poll(() => said).toEqual(["waiting for the previous TokenHub to finish stopping ..."]);
  child.kill("SIGKILL");
  (await acquired).release();
});

test("a lock of another host counts only while its heart beats", async () => {
  const { file, acquire, leave } = setup();
  leave({ hostname: "elsewhere", owner: identifyProcess(process.pid) });
  const beat = setInterval(() => utimesSync(file, new Date(), new Date()), 5);
  await expect(acquire()).rejects.toThrow("Another TokenHub, on elsewhere, uses the data folder");
  clearInterval(beat);
  (await acquire()).release();
});

test("a damaged lock is no lock", async () => {
  const { file, acquire } = setup();
  writeFileSync(file, '{"pid');
  await expect(acquire()).resolves.toBeDefined();
});
