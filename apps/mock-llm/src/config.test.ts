import { expect, it } from "vitest";
import { defaultConfig, loadConfig } from "./config.ts";

it("has defaults for everything that is unset or empty", () => {
  expect(loadConfig({})).toEqual(defaultConfig);
  expect(loadConfig({ TOKENHUB_MOCK_PORT: "", TOKENHUB_MOCK_PLAN: "" })).toEqual(defaultConfig);
});

it("reads every variable", () => {
  expect(
    loadConfig({
      TOKENHUB_MOCK_HOST: "0.0.0.0",
      TOKENHUB_MOCK_PORT: "0",
      TOKENHUB_MOCK_PLAN: "plans.json",
      TOKENHUB_MOCK_CALL_LOG: "calls.jsonl",
      TOKENHUB_MOCK_LOG_BODIES: "false",
      TOKENHUB_MOCK_LOG_CALLS: "10",
      TOKENHUB_MOCK_LOG_BODY_BYTES: "20",
      TOKENHUB_MOCK_SHUTDOWN_GRACE_MS: "30",
    }),
  ).toEqual({
    host: "0.0.0.0",
    port: 0,
    planPath: "plans.json",
    callLogPath: "calls.jsonl",
    logBodies: false,
    logCalls: 10,
    logBodyBytes: 20,
    shutdownGraceMs: 30,
  });
});

it.each([
  ["TOKENHUB_MOCK_PORT", "65536"],
  ["TOKENHUB_MOCK_PORT", "eighty"],
  ["TOKENHUB_MOCK_LOG_BODIES", "maybe"],
  ["TOKENHUB_MOCK_LOG_CALLS", "-1"],
])("names %s when it is %s", (name, value) => {
  expect(() => loadConfig({ [name]: value })).toThrow(new RegExp(name));
});
