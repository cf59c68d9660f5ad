import { describe, expect, it } from "vitest";
import { readEnvironment } from "./environment.ts";
import { readWorkerSettings } from "./worker-settings.ts";

const redis = { REDIS_URL: "redis://127.0.0.1:1" };

describe("a worker", () => {
  it("needs to know its Redis, and nothing else", () => {
    expect(readWorkerSettings(readEnvironment(redis))).toEqual({
      redisUrl: redis.REDIS_URL,
      redisPrefix: "tokenhub",
      adminHost: "127.0.0.1",
      adminPort: null,
      logLevel: "info",
      drainMs: 10_000,
    });
    expect(() => readWorkerSettings(readEnvironment({}))).toThrow(/REDIS_URL is not set/);
  });

  it.each([
    [{ TOKENHUB_DEBUG: "true" }, "debug"],
    [{ TOKENHUB_DEBUG: "true", TOKENHUB_LOG_LEVEL: "warn" }, "warn"],
    [{}, "info"],
  ])("logs as %j says: %s", (env, level) => {
    expect(readWorkerSettings(readEnvironment({ ...redis, ...env })).logLevel).toBe(level);
  });
});
