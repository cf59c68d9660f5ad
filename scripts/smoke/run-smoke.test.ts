import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { runSmoke } from "./run-smoke.ts";
import type { SmokeExample, SmokeScenario } from "./smoke-example.ts";

const healthy: SmokeExample = {
  name: "health",
  command: "curl http://localhost:8080/health",
  status: 200,
  answer: z.strictObject({ status: z.literal("healthy") }),
};

/** A folder in the place of the repository, whose start command is a small server. */
function pretendRoot(startSource: string): string {
  const root = mkdtempSync(path.join(tmpdir(), "tokenhub-smoke-test-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(path.join(root, "scripts"));
  writeFileSync(path.join(root, "scripts", "start.mjs"), startSource);
  return root;
}

const server = `
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
const server = createServer((request, response) => response.end('{"status":"healthy"}')).listen(0, "127.0.0.1", () => {
  console.log("running at http://127.0.0.1:" + server.address().port + "\\nStop it with Ctrl-C");
});
process.on("SIGTERM", () => { writeFileSync(process.env.MARK, ""); process.exit(0); });
`;

async function smoke(
  root: string,
  { examples, limitMs = 20_000 }: { examples: SmokeExample[]; limitMs?: number },
) {
  const mark = path.join(root, "stopped");
  const scenario: SmokeScenario = {
    name: "pretended",
    configuration: null,
    usesStandIn: false,
    environment: { MARK: mark },
    examples,
  };
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const outcomes = await runSmoke({ root, print, limitMs, scenarios: [scenario] });
  return { states: outcomes.map(({ state }) => state), lines, isStopped: existsSync(mark) };
}

test("an example is run as printed, whatever the port, and the product is stopped afterwards", async () => {
  const { states, lines, isStopped } = await smoke(pretendRoot(server), { examples: [healthy] });
  expect([states, isStopped]).toEqual([["ok"], true]);
  expect(lines).toEqual(["pretended:", "  ok       health"]);
});

test("a wrong answer and a command that fails are failures, and the rest still runs", async () => {
  const wrong = { ...healthy, status: 401 };
  const broken = { ...healthy, command: "curl --no-such-option http://localhost:8080/health" };
  const { states, lines } = await smoke(pretendRoot(server), { examples: [wrong, broken, healthy] });
  expect(states).toEqual(["failed", "failed", "ok"]);
  expect(lines[1]).toContain("status 200 instead of 401");
});

test("a product that does not start is one failure with what it printed", async () => {
  const root = pretendRoot('console.error("no port left"); process.exit(1);');
  const { states, lines } = await smoke(root, { examples: [healthy] });
  expect(states).toEqual(["failed"]);
  expect(lines[1]).toContain("no port left");
});

test("a product that never becomes ready ends with the time limit", async () => {
  const { states, lines } = await smoke(pretendRoot("setInterval(() => undefined, 1_000);"), {
    examples: [healthy],
    limitMs: 300,
  });
  expect(states).toEqual(["failed"]);
  expect(lines[1]).toContain("was not ready in time");
});
