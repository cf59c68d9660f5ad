import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { SmokeOutcome } from "../../scripts/smoke/run-scenario.ts";
import { runSmoke, smokeScenarios } from "../../scripts/smoke/run-smoke.ts";

const root = path.dirname(path.dirname(import.meta.dirname));
const outcomes: SmokeOutcome[] = [];
const lines: string[] = [];

beforeAll(async () => {
  outcomes.push(...(await runSmoke({ root, print: (line) => lines.push(line), limitMs: 55_000 })));
});

/** The examples of these names ran and were answered as documented. */
function expectOk(...names: readonly string[]): void {
  const found = names.map((name) => outcomes.find((outcome) => outcome.name === name));
  expect(found).toEqual(names.map((name) => ({ name, state: "ok", note: "" })));
}

test("S2-77: the smoke run tries every documented example and prints one line for each", () => {
  const documented = smokeScenarios.flatMap(({ examples }) => examples.map(({ name }) => name));
  expect(outcomes.map(({ name }) => name)).toEqual(documented);
  expect(lines.filter((line) => line.startsWith("  "))).toHaveLength(documented.length);
});

test("S0-27, S0-28, S0-29, S0-30, S0-31, S3-60, S4-13: the printed orchestrations are answered with their phases", () => {
  expectOk("chat, adversarial", "adversarial, long prompt", "adversarial, short prompt");
});

test("S0-11, S0-22, S2-3, S2-4, S2-5: chat, provider management and metrics are reached by the printed curl lines", () => {
  expectOk("chat, simple", "add a provider", "list providers", "add a model", "metrics");
});

test("S0-22, S0-48, S2-8: the two placeholders of the printed lines are one secret; with another word they are refused", () => {
  expectOk("add a provider with another password", "add a provider", "add a model without the password");
});

test("S0-33: after a provider of type mock was added under another name, the printed chat is answered", () => {
  const names = smokeScenarios[0]?.examples.map(({ name }) => name) ?? [];
  expect(names.indexOf("chat, simple")).toBeGreaterThan(names.indexOf("add a provider"));
  expectOk("add a provider", "chat, simple");
});

test("S0-25, S3-61: the printed chat lines carry no credential and are answered on loopback", () => {
  const open = ["chat, simple", "chat completion, one turn", "text completion"];
  for (const { name, command } of smokeScenarios.flatMap(({ examples }) => examples)) {
    if (open.includes(name)) expect(command).not.toMatch(/authorization/i);
  }
  expectOk(...open);
});

test("S2-7, S3-33, S4-20: GET /health says healthy and nothing else", () => {
  expectOk("health", "health with a configuration file");
});

test("S1-42: GET /healthz is 200 with the numbers of adapters and models", () => {
  expectOk("healthz");
});

test("S2-5, S2-52: the printed model, with a weight of 150 and a context of 32000, is added over HTTP", () => {
  expectOk("add a model");
});

test("C6, D15: /admin is a page while /admin/providers and /admin/models are an API", () => {
  expectOk("admin page", "list providers", "add a model");
});

test("S3-30, S3-59: the printed short chat is answered in the OpenAI format", () => {
  expectOk("chat completion, short");
});

test("S4-8, S4-10: one turn without a model is answered by a model that the server picks", () => {
  expectOk("chat completion, one turn");
});

test("S4-9: a conversation with a system message and an earlier answer is continued", () => {
  expectOk("chat completion, conversation");
});

test("S3-31, S4-11: a prompt is completed, although every model of the sample is a chat model", () => {
  expectOk("text completion");
});

test("S3-49: chat, completions and health answer on the port that the server listens on", () => {
  expectOk("chat completion, short", "text completion", "health with a configuration file");
});

test("S4-6, S4-28: -config with the JSON sample as printed, after a stray program name, starts the product", () => {
  expect(smokeScenarios[1]?.configuration).toBe("multi-provider.json");
  expectOk("health with a configuration file", "chat completion, one turn");
});
