import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createStandInStack, isListening, survivors, type StartedCommand } from "./stand-in-stack.ts";

const run = promisify(execFile);

function curlLine(command: StartedCommand): string {
  return /^ +(curl .*)$/m.exec(command.output())?.[1] ?? "no curl line";
}

function urlOf(command: StartedCommand): URL {
  return new URL(/running at (\S+)/.exec(command.output())?.[1] ?? "none:");
}

/** Runs the printed line as a person would: pasted into a shell. */
async function pasteCurlLine(command: StartedCommand): Promise<unknown> {
  const { stdout } = await run("/bin/sh", ["-c", `${curlLine(command)} --silent --max-time 20`]);
  return JSON.parse(stdout);
}

const answer = {
  object: "chat.completion",
  choices: [{ message: { content: "Mock response from mock-gpt-4" } }],
};

test("S4-5, S1-43: the shipped command starts without any setting, its curl line works, and a stop leaves nothing", async () => {
  await using stack = createStandInStack();
  const command = stack.startReal();
  await command.waitFor("Stop it with Ctrl-C");
  expect(await pasteCurlLine(command)).toMatchObject(answer);
  const { hostname, port } = urlOf(command);
  expect(hostname).toBe("127.0.0.1");
  const redis = stack.redisPid();
  command.child.kill("SIGINT");
  expect(await command.ended).toBe(0);
  expect(await survivors([redis])).toEqual([]);
  expect(await isListening(Number(port))).toBe(false);
});

test("D4, C8: on an address that other machines reach, the printed curl line carries the key and is needed", async () => {
  await using stack = createStandInStack();
  const command = stack.startReal([], { TOKENHUB_HOST: "0.0.0.0" });
  await command.waitFor("Stop it with Ctrl-C");
  expect(await pasteCurlLine(command)).toMatchObject(answer);
  const withoutKey = await fetch(new URL("/v1/chat/completions", urlOf(command)), {
    method: "POST",
    body: "{}",
  });
  expect(withoutKey.status).toBe(401);
});

test("a setting that only a service can refuse ends the start with that service's sentence", async () => {
  await using stack = createStandInStack();
  const command = stack.startReal([], { TOKENHUB_MAX_IN_FLIGHT: "many" });
  expect(await command.ended).toBe(1);
  expect(command.output()).toContain("TOKENHUB_MAX_IN_FLIGHT");
  expect(command.output()).toContain("refuses its configuration (its message is above)");
  expect(command.output()).not.toMatch(/\n\s+at /);
});
