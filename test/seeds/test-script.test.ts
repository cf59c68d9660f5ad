import { execFile, execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { startTestNetwork, testApiKey, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, expect, inject, it } from "vitest";

const script = path.join(import.meta.dirname, "..", "..", "test.sh");

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());

/** Runs `sh test.sh` as a person would; gives the exit code and what it printed. */
function runScript(...argv: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const options = { timeout: 50_000, env: { PATH: process.env["PATH"] } };
    execFile("sh", [script, ...argv], options, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

it("S2-77, S3-86: test.sh calls every endpoint with a key and prints a line for each answer", async () => {
  const { code, output } = await runScript(network.url, testApiKey);
  expect([code, output]).toEqual([0, expect.stringMatching(/all ok\n$/)]);
  for (const name of ["health", "metrics", "models", "chat completions", "messages", "completions", "chat"])
    expect(output).toMatch(new RegExp(`^ok {9}${name} +200 `, "m"));
  expect(output).toMatch(/^(?:ok|not there) +adversarial /m);
  expect(output).not.toContain(testApiKey);
});

it("S2-77: its exit code is the number of endpoints that failed; here those that need a key", async () => {
  const { code, output } = await runScript(network.url);
  expect(output.match(/^failed .* 401 /gm)).toHaveLength(code);
  expect(output).toMatch(new RegExp(`\n${code} failed\n$`));
  expect(output).toMatch(/^ok +health +200 /m);
});

it("S2-77: a server that is not there is said to be so", async () => {
  const { code, output } = await runScript("http://127.0.0.1:9");
  expect(code).toBeGreaterThan(5);
  expect(output).toMatch(/^failed +health +no answer/m);
});

it("S3-86: test.sh can be executed, needs only curl, and is valid for a POSIX shell", () => {
  expect(() => accessSync(script, constants.X_OK)).not.toThrow();
  expect(() => execFileSync("sh", ["-n", script])).not.toThrow();
});
