import { ConfigError } from "@tokenhub/config";
import { describe, expect, test } from "vitest";
import { readTracingConfig } from "./tracing-config.ts";

describe("whether traces are sent", () => {
  test.each([
    [{}, false],
    [{ TOKENHUB_OTEL_ENABLED: "true" }, true],
    [{ TOKENHUB_OTEL_ENABLED: "false", OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" }, false],
    [{ TOKENHUB_OTEL_ENDPOINT: "c:4318" }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: " " }, false],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c:4318/v1/traces" }, true],
    [{ OTEL_TRACES_EXPORTER: "otlp" }, true],
    [{ OTEL_TRACES_EXPORTER: "none", OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" }, false],
    [{ OTEL_TRACES_EXPORTER: "none", TOKENHUB_OTEL_ENABLED: "true" }, false],
    [{ OTEL_SDK_DISABLED: "true", TOKENHUB_OTEL_ENABLED: "true" }, false],
  ])("S3-89: %j: %s", (env, isOn) => {
    expect(readTracingConfig(env) !== null).toBe(isOn);
  });
});

describe("where traces are sent", () => {
  test.each([
    [{}, "http://localhost:4318/v1/traces"],
    [{ TOKENHUB_OTEL_ENDPOINT: "collector:4318" }, "http://collector:4318/v1/traces"],
    [{ TOKENHUB_OTEL_ENDPOINT: "https://c/otlp/" }, "https://c/otlp/v1/traces"],
    [{ TOKENHUB_OTEL_ENDPOINT: "http://c/v1/traces" }, "http://c/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:1" }, "http://c:1/v1/traces"],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:1", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://d:2/x" },
      "http://d:2/x",
    ],
    [
      { TOKENHUB_OTEL_ENDPOINT: "http://own", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://d:2/x" },
      "http://own/v1/traces",
    ],
  ])("%j: %s", (env, url) => {
    expect(readTracingConfig({ TOKENHUB_OTEL_ENABLED: "true", ...env })?.url).toBe(url);
  });
});

test.each([
  [{}, "tokenhub-gateway"],
  [{ TOKENHUB_OTEL_SERVICE_NAME: "llm" }, "llm-gateway"],
  [{ OTEL_SERVICE_NAME: "exactly" }, "exactly"],
  [{ OTEL_SERVICE_NAME: "exactly", TOKENHUB_OTEL_SERVICE_NAME: "llm" }, "llm-gateway"],
])("%j calls the gateway %s", (env, name) => {
  const config = readTracingConfig({ TOKENHUB_OTEL_ENABLED: "true", ...env });
  expect(config?.serviceNameOf("gateway")).toBe(name);
});

test.each([
  [{}, 1],
  [{ OTEL_TRACES_SAMPLER: "always_off" }, 0],
  [{ OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" }, 0.25],
  [{ OTEL_TRACES_SAMPLER_ARG: "0.25" }, 1],
])("%j keeps the share %d of new traces", (env, share) => {
  expect(readTracingConfig({ TOKENHUB_OTEL_ENABLED: "true", ...env })?.sampleRatio).toBe(share);
});

test("a value that cannot be used is one sentence that names the variable and not the value", () => {
  const read = (env: Record<string, string>) => () =>
    readTracingConfig({ TOKENHUB_OTEL_ENABLED: "true", ...env });
  expect(read({ OTEL_TRACES_EXPORTER: "zipkin" })).toThrow(ConfigError);
  expect(read({ OTEL_TRACES_SAMPLER: "jaeger_remote" })).toThrow("OTEL_TRACES_SAMPLER");
  expect(read({ TOKENHUB_OTEL_ENDPOINT: "grpc://user:hunter2@c" })).toThrow("TOKENHUB_OTEL_ENDPOINT");
  expect(read({ TOKENHUB_OTEL_ENDPOINT: "grpc://user:hunter2@c" })).not.toThrow("hunter2");
});
