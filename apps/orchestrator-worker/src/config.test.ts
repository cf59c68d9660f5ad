import { expect, test } from "vitest";
import { readOrchestratorWorkerConfig } from "./config.ts";

const redis = { REDIS_URL: "redis://127.0.0.1:6379" };

test("only the address of Redis is required", () => {
  expect(readOrchestratorWorkerConfig(redis)).toEqual({
    redisUrl: "redis://127.0.0.1:6379",
    redisPrefix: "tokenhub",
    adminHost: "127.0.0.1",
    adminPort: null,
    logLevel: "info",
    concurrency: null,
    drainMs: 10_000,
    reconcileIntervalMs: null,
    repairAfterMs: null,
    modeModules: [],
    tracing: null,
  });
  expect(() => readOrchestratorWorkerConfig({})).toThrow("REDIS_URL is not set");
});

test("modules of modes are a list", () => {
  const { modeModules } = readOrchestratorWorkerConfig({
    ...redis,
    TOKENHUB_ORCHESTRATION_MODES: "./debate.ts, /etc/tokenhub/panel.mjs,",
  });
  expect(modeModules).toEqual(["./debate.ts", "/etc/tokenhub/panel.mjs"]);
});

test.each([
  ["TOKENHUB_ORCHESTRATE_CONCURRENCY", "0"],
  ["TOKENHUB_RECONCILE_INTERVAL_MS", "5"],
  ["TOKENHUB_RUN_REPAIR_MS", "soon"],
])("%s=%s is refused by name", (name, value) => {
  expect(() => readOrchestratorWorkerConfig({ ...redis, [name]: value })).toThrow(name);
});
