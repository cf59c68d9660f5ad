import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { createStandInStack, survivors } from "./stand-in-stack.ts";

const banner = "TokenHub is running";

function everyPid(stack: ReturnType<typeof createStandInStack>): number[] {
  const services = [
    "gateway",
    "orchestrator-worker",
    "router-worker",
    "provider-worker",
    "webhook-worker",
  ].flatMap((name) => stack.pidsOf(name));
  return [...services, stack.redisPid(), watchdogPid(stack)];
}

function watchdogPid({ dataFolder }: { dataFolder: string }): number {
  return JSON.parse(readFileSync(path.join(dataFolder, "tokenhub.lock"), "utf8")).watchdog.pid;
}

test("when the supervisor is killed, its services and Redis are stopped by the watchdog, which then ends", async () => {
  await using stack = createStandInStack();
  const command = stack.start();
  await command.waitFor(banner);
  const pids = everyPid(stack);
  command.child.kill("SIGKILL");
  expect(await survivors(pids)).toEqual([]);
  expect(stack.events()).toContain("provider-worker gone");
});

test("a kill of the supervisor's whole process group leaves nothing behind either", async () => {
  await using stack = createStandInStack({ gateway: { ignoresTerm: true } });
  const command = stack.start();
  await command.waitFor(banner);
  const pids = everyPid(stack);
  process.kill(-(command.child.pid ?? 0), "SIGKILL");
  expect(await survivors(pids)).toEqual([]);
});

test("a killed watchdog is replaced by one that knows every process", async () => {
  await using stack = createStandInStack();
  const command = stack.start();
  await command.waitFor(banner);
  const [services, first] = [everyPid(stack), watchdogPid(stack)];
  process.kill(first, "SIGKILL");
  expect(await survivors([first])).toEqual([]);
  await expect.poll(() => watchdogPid(stack)).not.toBe(first);
  command.child.kill("SIGKILL");
  expect(await survivors(services)).toEqual([]);
});

test("a start right after a kill waits for the old processes and then works with the same data", async () => {
  await using stack = createStandInStack({ gateway: { stopDelayMs: 3_000 } });
  const command = stack.start();
  await command.waitFor(banner);
  const pids = everyPid(stack);
  command.child.kill("SIGKILL");
  await command.ended;
  const second = stack.start();
  await second.waitFor("waiting for the previous TokenHub to finish stopping");
  await second.waitFor(banner);
  expect(await survivors(pids)).toEqual([]);
});

test("when npm is killed, TokenHub stops in order", async () => {
  await using stack = createStandInStack();
  const source = `require("node:child_process").spawn(process.execPath, ${JSON.stringify(stack.startArguments)}, { stdio: "inherit" })`;
  const npm = stack.run(["-e", source], { npm_lifecycle_event: "start" });
  await npm.waitFor(banner);
  const pids = everyPid(stack);
  npm.child.kill("SIGKILL");
  expect(await survivors(pids)).toEqual([]);
  await expect.poll(() => existsSync(path.join(stack.dataFolder, "tokenhub.lock"))).toBe(false);
});

test("when the process that started it on another Node is killed, TokenHub stops in order", async () => {
  await using stack = createStandInStack();
  const stdio = ["inherit", "inherit", "inherit", "ipc"];
  const source = `require("node:child_process").spawn(process.execPath, ${JSON.stringify(stack.startArguments)}, { stdio: ${JSON.stringify(stdio)} })`;
  const launcher = stack.run(["-e", source]);
  await launcher.waitFor(banner);
  const pids = everyPid(stack);
  launcher.child.kill("SIGKILL");
  expect(await survivors(pids)).toEqual([]);
});

test("output that nobody reads any more does not end TokenHub", async () => {
  await using stack = createStandInStack();
  const command = stack.start();
  await command.waitFor(banner);
  command.child.stdout?.destroy();
  process.kill(stack.pidsOf("gateway")[0] ?? 0, "SIGKILL");
  await expect.poll(() => stack.pidsOf("gateway")).toHaveLength(2);
  expect(command.child.exitCode).toBeNull();
  command.child.kill("SIGTERM");
  expect(await command.ended).toBe(0);
});

test("the watchdog ends by itself when there is nothing to stop", async () => {
  const script = path.join(import.meta.dirname, "..", "..", "scripts", "start", "watchdog.sh");
  const watchdog = spawn("/bin/sh", [script], { stdio: ["pipe", "ignore", "inherit"] });
  watchdog.stdin?.end("service 4194304\ngone 4194304\n");
  expect(await once(watchdog, "exit")).toEqual([0, null]);
});

test("a Redis that outlived even the watchdog is never joined by a second one on its files", async () => {
  await using stack = createStandInStack();
  const command = stack.start();
  await command.waitFor(banner);
  const services = [
    "gateway",
    "orchestrator-worker",
    "router-worker",
    "provider-worker",
    "webhook-worker",
  ].flatMap((name) => stack.pidsOf(name));
  const redis = stack.redisPid();
  command.child.kill("SIGSTOP");
  for (const pid of [watchdogPid(stack), command.child.pid ?? 0, ...services]) process.kill(pid, "SIGKILL");
  expect(await survivors(services)).toEqual([]);
  const second = stack.start();
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`A Redis of an earlier start (process ${redis}) still uses`);
  process.kill(redis, "SIGKILL");
  expect(await survivors([redis])).toEqual([]);
});
