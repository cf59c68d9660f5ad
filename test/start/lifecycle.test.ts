import { readdirSync, statSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { createStandInStack, survivors, isListening, isRunning } from "./stand-in-stack.ts";

const banner = "TokenHub is running";

function environmentOf(events: readonly string[], name: string): NodeJS.ProcessEnv {
  const line = events.find((event) => event.startsWith(`${name} environment `)) ?? "";
  return JSON.parse(line.slice(`${name} environment `.length));
}

test("a stop asks the gateway, then the orchestrator, then the router, then the provider worker, then the webhook worker, and Redis last; nothing is left", async () => {
  await using stack = createStandInStack();
  const command = stack.start();
  await command.waitFor(banner);
  const redisPid = stack.redisPid();
  const redisPort = Number(new URL(environmentOf(stack.events(), "gateway")["REDIS_URL"] ?? "").port);
  expect(await isListening(redisPort)).toBe(true);
  command.child.kill("SIGTERM");
  expect(await command.ended).toBe(0);
  const ending = stack.events().filter((event) => !/started|environment/.test(event));
  expect(ending).toEqual(
    ["gateway", "orchestrator-worker", "router-worker", "provider-worker", "webhook-worker"].flatMap(
      (name) => [`${name} asked`, `${name} redis answers`, `${name} gone`],
    ),
  );
  expect(isRunning(redisPid)).toBe(false);
  expect(await isListening(redisPort)).toBe(false);
  expect(command.output()).toMatch(/tokenhub: stopped\n$/);
  expect(readdirSync(stack.dataFolder)).not.toContain("tokenhub.lock");
});

test("services get the contract's variables; the Redis password is in no process list and in no readable file", async () => {
  await using stack = createStandInStack();
  const command = stack.start({ TOKENHUB_NODE_ARGS: "--max-old-space-size=99 --no-warnings" });
  await command.waitFor(banner);
  const environment = environmentOf(stack.events(), "router-worker");
  expect(environment).toMatchObject({
    TOKENHUB_HOST: "127.0.0.1",
    TOKENHUB_PORT: expect.stringMatching(/^[1-9]\d+$/),
    TOKENHUB_ADMIN_PORT: expect.stringMatching(/^[1-9]\d+$/),
    TOKENHUB_DATA_DIR: stack.dataFolder,
    NODE_COMPILE_CACHE: expect.stringContaining(".cache"),
    REDIS_URL: expect.stringMatching(/^redis:\/\/:[0-9a-f]{48}@127\.0\.0\.1:\d+$/),
  });
  const commandLine = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, "utf8");
  const password = new URL(environment["REDIS_URL"] ?? "").password;
  expect(commandLine(stack.redisPid())).not.toContain(password);
  expect(commandLine(stack.pidsOf("gateway")[0] ?? 0)).toContain("--max-old-space-size=99\0--no-warnings");
  for (const name of ["", "redis", "logs/gateway.log", "tokenhub.lock"]) {
    expect(statSync(path.join(stack.dataFolder, name)).mode & 0o077).toBe(0);
  }
});

test("a service that crashes is started again, with growing pauses, and says so", async () => {
  await using stack = createStandInStack({ "router-worker": { exitCode: 7, exitTimes: 3 } });
  const command = stack.start();
  await command.waitFor(banner);
  expect(stack.pidsOf("router-worker")).toHaveLength(4);
  for (const waitMs of [20, 40, 80]) {
    expect(command.output()).toContain(
      `router-worker stopped with exit code 7; starting it again in ${waitMs} ms`,
    );
  }
  process.kill(stack.pidsOf("provider-worker")[0] ?? 0, "SIGKILL");
  await command.waitFor("provider-worker was ended by SIGKILL; starting it again in 20 ms");
  await command.waitFor("provider-worker is ready again");
  expect(stack.pidsOf("gateway")).toHaveLength(1);
});

test("a Redis that is killed comes back on the same port with its data folder", async () => {
  await using stack = createStandInStack();
  const command = stack.start();
  await command.waitFor(banner);
  const port = Number(new URL(environmentOf(stack.events(), "gateway")["REDIS_URL"] ?? "").port);
  const before = stack.redisPid();
  process.kill(before, "SIGKILL");
  await command.waitFor("redis is ready again");
  expect(stack.redisPid()).not.toBe(before);
  expect(await isListening(port)).toBe(true);
});

test("exit code 78 ends everything with the service's own sentence, without another start", async () => {
  await using stack = createStandInStack({
    gateway: { exitCode: 78, stderr: "models.0.weight must not be negative." },
  });
  const command = stack.start();
  expect(await command.ended).toBe(1);
  expect(stack.pidsOf("gateway")).toHaveLength(1);
  expect(command.output()).toContain("gateway: models.0.weight must not be negative.");
  expect(command.output()).toContain("The gateway refuses its configuration (its message is above)");
  expect(command.output()).not.toMatch(/\n\s+at /);
});

test("a service that never becomes ready ends the start instead of looping for ever", async () => {
  await using stack = createStandInStack({ "provider-worker": { exitCode: 1 } });
  const command = stack.start();
  expect(await command.ended).toBe(1);
  expect(stack.pidsOf("provider-worker")).toHaveLength(5);
  expect(command.output()).toContain("The provider-worker stopped with exit code 1 before it was ready");
});

test("a service that does not stop is killed when the grace is over, and the others still stop in order", async () => {
  await using stack = createStandInStack({ gateway: { ignoresTerm: true } });
  const command = stack.start({ TOKENHUB_STOP_GRACE_MS: "300" });
  await command.waitFor(banner);
  command.child.kill("SIGTERM");
  expect(await command.ended).toBe(0);
  expect(command.output()).toContain("gateway does not stop; ending it");
  expect(stack.events()).toContain("provider-worker gone");
});

test("a second Ctrl-C a second later ends the waiting; an immediate one (npm doubles it) does not", async () => {
  await using stack = createStandInStack({ gateway: { ignoresTerm: true } });
  const command = stack.start({ TOKENHUB_STOP_GRACE_MS: "60000" });
  await command.waitFor(banner);
  command.child.kill("SIGINT");
  await expect.poll(() => stack.events()).toContain("gateway asked");
  command.child.kill("SIGINT");
  expect(command.output()).not.toContain("ending it");
  const impatient = setInterval(() => command.child.kill("SIGINT"), 100);
  expect(await command.ended).toBe(0);
  clearInterval(impatient);
  expect(command.output()).toContain("gateway does not stop; ending it");
});

test("a stop during the start leaves nothing behind", async () => {
  await using stack = createStandInStack();
  const command = stack.start();
  await command.waitFor("starting gateway");
  command.child.kill("SIGTERM");
  expect(await command.ended).toBe(0);
  expect(await survivors(stack.pidsOf("gateway"))).toEqual([]);
  expect(command.output()).not.toContain(banner);
});

test("SIGHUP reaches every service and ends none", async () => {
  await using stack = createStandInStack();
  const command = stack.start();
  await command.waitFor(banner);
  command.child.kill("SIGHUP");
  for (const name of [
    "gateway",
    "orchestrator-worker",
    "router-worker",
    "provider-worker",
    "webhook-worker",
  ]) {
    await expect.poll(() => stack.events()).toContain(`${name} reload`);
  }
  expect(stack.pidsOf("gateway")).toHaveLength(1);
});

test("what services print is in data/logs; the terminal shows warnings, and everything with TOKENHUB_DEBUG", async () => {
  const stderr = '{"level":30,"msg":"all is well"}\n{"level":40,"msg":"take care"}';
  await using stack = createStandInStack({ gateway: { stderr } });
  const command = stack.start();
  await command.waitFor("gateway: warn  take care");
  await command.waitFor(banner);
  expect(command.output()).not.toContain("all is well");
  expect(readFileSync(path.join(stack.dataFolder, "logs", "gateway.log"), "utf8")).toContain("all is well");
  command.child.kill("SIGTERM");
  await command.ended;
  const talkative = stack.start({ TOKENHUB_DEBUG: "true" });
  await talkative.waitFor("gateway: info  all is well");
});
