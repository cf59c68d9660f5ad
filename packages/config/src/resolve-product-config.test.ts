import { expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import type { Environment } from "./environment.ts";
import { parseProductConfig } from "./parse-product-config.ts";
import type { ProductConfig } from "./product-config.ts";
import { resolveProductConfig } from "./resolve-product-config.ts";
import { productVariables } from "./variables.ts";

function resolve(env: Environment = {}, raw?: unknown): ProductConfig {
  const file = raw === undefined ? null : parseProductConfig(raw, { source: "config.yaml" });
  return resolveProductConfig({ file, env });
}
const modelIds = (config: ProductConfig): string[] => config.models.map(({ id }) => id);
const providerIds = (config: ProductConfig): string[] => config.providers.map(({ id }) => id);
const openaiFile = {
  providers: [{ name: "openai", type: "openai", api_key_env: "OPENAI_API_KEY" }],
  models: [{ id: "m", provider: "openai" }],
};

test("S4-5: with nothing set, the mock provider is there and everything has its default", () => {
  const config = resolve();
  expect(config).toMatchObject({
    listen: { host: "127.0.0.1", port: 8_080 },
    logLevel: "info",
    dataDirectory: "./data",
    database: { kind: "sqlite", path: "./data/tokenhub.db" },
    redis: { url: null, prefix: "tokenhub" },
    auth: { mode: "open", apiKeys: [] },
    encryptionKey: null,
    warnings: [],
  });
  expect(providerIds(config)).toEqual(["mock"]);
  expect(config.providers[0]?.credential.source).toBe("none");
});

test("S0-33: the two mock models have their published numbers", () => {
  expect(resolve().models).toMatchObject([
    {
      id: "mock-gpt-4",
      providerId: "mock",
      weight: 100,
      contextTokens: 8_192,
      price: { inputPer1kUsd: 0.03, outputPer1kUsd: 0.03 },
    },
    {
      id: "mock-gpt-3.5",
      providerId: "mock",
      weight: 50,
      contextTokens: 4_096,
      price: { inputPer1kUsd: 0.002, outputPer1kUsd: 0.002 },
    },
  ]);
});

test("S1-44, S0-37, S0-38: environment wins over the file", () => {
  const raw = {
    listen_addr: "10.0.0.1:1000",
    log_level: "warn",
    auth: { mode: "keys", api_keys: ["file"] },
    limits: { max_body_bytes: 2048 },
  };
  const env = {
    TOKENHUB_HOST: "127.0.0.1",
    TOKENHUB_PORT: "0",
    TOKENHUB_LOG_LEVEL: "error",
    TOKENHUB_AUTH: "open",
    TOKENHUB_API_KEYS: "one, two",
    TOKENHUB_MAX_BODY_BYTES: "4096",
    TOKENHUB_SYNC_WAIT_MS: "1000",
    REDIS_URL: "redis://:pw@cache",
    TOKENHUB_REDIS_PREFIX: "blue",
  };
  const config = resolve(env, raw);
  expect(config).toMatchObject({
    listen: { host: "127.0.0.1", port: 0 },
    logLevel: "error",
    auth: { mode: "open" },
    limits: { maxBodyBytes: 4_096, syncWaitMs: 1_000 },
    redis: { prefix: "blue" },
  });
  expect(config.auth.apiKeys.map((key) => key.reveal())).toEqual(["one", "two"]);
  expect(config.redis.url?.reveal()).toBe("redis://:pw@cache");
  const fromFile = resolve({}, raw);
  expect(fromFile).toMatchObject({
    listen: { host: "10.0.0.1", port: 1_000 },
    logLevel: "warn",
    limits: { maxBodyBytes: 2_048 },
  });
});

test("D8: an empty variable is unset, so the file holds", () => {
  const empty = Object.fromEntries(productVariables.map(({ name }) => [name, ""]));
  const raw = { ...openaiFile, listen_addr: "10.0.0.1:1000", log_level: "warn" };
  expect(JSON.stringify(resolve(empty, raw))).toBe(JSON.stringify(resolve({}, raw)));
});

test.each<[Environment, unknown, string, number]>([
  [{ TOKENHUB_LISTEN_ADDR: ":9000" }, {}, "0.0.0.0", 9_000],
  [{ TOKENHUB_LISTEN_ADDR: ":9000", TOKENHUB_HOST: "127.0.0.1" }, {}, "127.0.0.1", 9_000],
  [{ TOKENHUB_LISTEN_ADDR: ":9000" }, { server: { host: "10.1.1.1" } }, "10.1.1.1", 9_000],
  [
    { TOKENHUB_LISTEN_ADDR: "10.0.0.9:9000", TOKENHUB_HOST: "0.0.0.0", TOKENHUB_PORT: "1" },
    {},
    "10.0.0.9",
    9_000,
  ],
  [{ TOKENHUB_PORT: "81" }, { listen_addr: ":80" }, "0.0.0.0", 81],
  [{}, { server: { port: 82 } }, "127.0.0.1", 82],
])("with %j and the file %j it listens on %s, port %d", (env, raw, host, port) => {
  expect(resolve(env, raw).listen).toEqual({ host, port });
});

test("C8: requests without a key are served by default only on a loopback address", () => {
  expect(resolve({ TOKENHUB_HOST: "127.0.0.1" }).auth.mode).toBe("open");
  expect(resolve({ TOKENHUB_HOST: "::1" }).auth.mode).toBe("open");
  expect(resolve({ TOKENHUB_HOST: "0.0.0.0" }).auth.mode).toBe("keys");
  expect(resolve({ TOKENHUB_LISTEN_ADDR: ":8080" }).auth.mode).toBe("keys");
  expect(resolve({ TOKENHUB_HOST: "0.0.0.0", TOKENHUB_AUTH: "open" }).auth.mode).toBe("open");
  expect(resolve({ TOKENHUB_AUTH: "keys" }).auth.mode).toBe("keys");
});

test("D16, S0-39: the database is named by DATABASE_URL, TOKENHUB_DB_DSN, TOKENHUB_DB_PATH, the file, in this order", () => {
  const env: Record<string, string> = {
    DATABASE_URL: "postgres://db/hub",
    TOKENHUB_DB_DSN: "file:dsn.db",
    TOKENHUB_DB_PATH: "path.db",
    TOKENHUB_DATA_DIR: "/data/",
  };
  const raw = { db: { dsn: "file.db" } };
  expect(resolve(env, raw).database.kind).toBe("postgres");
  delete env["DATABASE_URL"];
  expect(resolve(env, raw).database).toEqual({ kind: "sqlite", path: "dsn.db" });
  delete env["TOKENHUB_DB_DSN"];
  expect(resolve(env, raw).database).toEqual({ kind: "sqlite", path: "path.db" });
  delete env["TOKENHUB_DB_PATH"];
  expect(resolve(env, raw).database).toEqual({ kind: "sqlite", path: "file.db" });
  expect(resolve(env).database).toEqual({ kind: "sqlite", path: "/data/tokenhub.db" });
});

test("S0-40, S2-68: TOKENHUB_DEBUG gives debug logging, ranks below an explicit level and takes nothing but true and false", () => {
  expect(resolve({ TOKENHUB_DEBUG: "true" }, { log_level: "warn" }).logLevel).toBe("debug");
  expect(resolve({ TOKENHUB_DEBUG: "false" }, { log_level: "warn" }).logLevel).toBe("warn");
  expect(resolve({ TOKENHUB_DEBUG: "true", TOKENHUB_LOG_LEVEL: "error" }).logLevel).toBe("error");
  expect(() => resolve({ TOKENHUB_DEBUG: "1" })).toThrow('TOKENHUB_DEBUG is "1"; set it to true or false');
});

test("D18, S1d-36, S1d-37, S3-54: without a file, default models appear with the credential of their provider", () => {
  const openai = resolve({ OPENAI_API_KEY: "sk-a" });
  expect(providerIds(openai)).toEqual(["openai", "mock"]);
  expect(modelIds(openai)).toEqual(["gpt-4", "gpt-3.5-turbo", "mock-gpt-4", "mock-gpt-3.5"]);
  expect(openai.models[0]).toMatchObject({
    weight: 8,
    contextTokens: 128_000,
    price: { inputPer1kUsd: 0.01, outputPer1kUsd: 0.03 },
  });

  const both = resolve({ TOKENHUB_OPENAI_API_KEY: "sk-a", TOKENHUB_ANTHROPIC_API_KEY: "sk-b" });
  expect(modelIds(both)).toEqual([
    "gpt-4",
    "gpt-3.5-turbo",
    "claude-opus",
    "claude-sonnet",
    "claude-2",
    "mock-gpt-4",
    "mock-gpt-3.5",
  ]);
  expect(both.models.slice(2, 5)).toMatchObject([
    { weight: 10, contextTokens: 200_000, price: { inputPer1kUsd: 0.015, outputPer1kUsd: 0.075 } },
    { weight: 7, contextTokens: 200_000, price: { inputPer1kUsd: 0.003, outputPer1kUsd: 0.015 } },
    { weight: 85, contextTokens: 100_000, price: { inputPer1kUsd: 0.01, outputPer1kUsd: 0.01 } },
  ]);
  expect(modelIds(resolve({ OPENAI_API_KEY: "" }))).toEqual(["mock-gpt-4", "mock-gpt-3.5"]);
});

test("D18: a file that lists providers or models decides alone, apart from the mock", () => {
  const env = { OPENAI_API_KEY: "sk-a", ANTHROPIC_API_KEY: "sk-b" };
  expect(modelIds(resolve(env, openaiFile))).toEqual(["m", "mock-gpt-4", "mock-gpt-3.5"]);
  expect(providerIds(resolve(env, openaiFile))).toEqual(["openai", "mock"]);
  expect(providerIds(resolve(env, { models: openaiFile.models }))).toEqual(["openai", "mock"]);
  expect(modelIds(resolve(env, { log_level: "info" }))).toContain("claude-2");
});

test("a file that defines the provider mock has only the mock models it lists", () => {
  const raw = { providers: [{ id: "mock", type: "mock" }], models: [{ id: "mine", provider: "mock" }] };
  expect(modelIds(resolve({}, raw))).toEqual(["mine"]);
  expect(providerIds(resolve({}, raw))).toEqual(["mock"]);
});

test("S1d-36: TOKENHUB_VLLM_ENDPOINTS is the provider vllm, also beside a file", () => {
  const env = { TOKENHUB_VLLM_ENDPOINTS: "http://a:8000/v1, http://b:8000/" };
  const expected = {
    type: "vllm",
    baseUrl: "http://a:8000",
    options: { endpoints: "http://a:8000,http://b:8000" },
  };
  expect(resolve(env).providers.find(({ id }) => id === "vllm")).toMatchObject(expected);
  const raw = {
    providers: [{ id: "vllm", type: "vllm", base_url: "http://old", timeout_ms: 5, options: { beta: true } }],
    models: [{ id: "llama", provider: "vllm" }],
  };
  expect(resolve(env, raw).providers[0]).toMatchObject({
    ...expected,
    timeoutMs: 5,
    options: { ...expected.options, beta: "true" },
  });
  expect(() => resolve({ TOKENHUB_VLLM_ENDPOINTS: "a:8000" })).toThrow(
    /TOKENHUB_VLLM_ENDPOINTS is not an absolute URL/,
  );
});

test("TOKENHUB_<NAME>_BASE_URL moves any provider", () => {
  const raw = {
    providers: [{ id: "my-llm", type: "openai-compatible", base_url: "http://old" }],
    models: [],
  };
  expect(resolve({ TOKENHUB_MY_LLM_BASE_URL: "http://new:1/v1" }, raw).providers[0]?.baseUrl).toBe(
    "http://new:1",
  );
  expect(() => resolve({ OPENAI_API_KEY: "sk", TOKENHUB_OPENAI_BASE_URL: "new" })).toThrow(
    /TOKENHUB_OPENAI_BASE_URL is not/,
  );
});

test("S1-56: provider calls are limited to 120 s unless the file, or TOKENHUB_PROVIDER_TIMEOUT_SECS for the rest, says otherwise", () => {
  const raw = {
    providers: [
      { id: "a", type: "vllm" },
      { id: "b", type: "vllm", timeout_ms: 7 },
    ],
    models: [],
  };
  const timeouts = (env: Environment): number[] =>
    resolve(env, raw)
      .providers.slice(0, 2)
      .map(({ timeoutMs }) => timeoutMs);
  expect(timeouts({})).toEqual([120_000, 7]);
  expect(timeouts({ TOKENHUB_PROVIDER_TIMEOUT_SECS: "1.5" })).toEqual([1_500, 7]);
  expect(resolve({ OPENAI_API_KEY: "sk", TOKENHUB_PROVIDER_TIMEOUT_SECS: "9" }).providers[0]?.timeoutMs).toBe(
    9_000,
  );
});

test("routing and vault settings of the environment win over the file", () => {
  const env = {
    TOKENHUB_DEFAULT_MODE: "cheap",
    TOKENHUB_DEFAULT_MAX_BUDGET_USD: "0.5",
    TOKENHUB_DEFAULT_MAX_LATENCY_MS: "100",
    TOKENHUB_VAULT_ENABLED: "false",
    TOKENHUB_VAULT_KEY_DERIVATION: "scrypt",
  };
  const raw = {
    routing: { default_mode: "normal", max_retries: 5 },
    vault: { enabled: true, lock_on_start: true },
  };
  expect(resolve(env, raw)).toMatchObject({
    routing: { defaultMode: "cheap", defaultMaxBudgetUsd: 0.5, defaultMaxLatencyMs: 100, maxRetries: 5 },
    vault: { enabled: false, keyDerivation: "scrypt", lockOnStart: true },
  });
});

test("S3-73, D6: the encryption key comes from the variable that the file names, and a wrong one stops the start", () => {
  const key = "0f".repeat(32);
  const raw = { vault: { encryption_key_env: "MY_KEY" }, encryption_key: "ff".repeat(32) };
  expect(resolve({ TOKENHUB_ENCRYPTION_KEY: key }).encryptionKey?.reveal()).toBe(key);
  expect(resolve({ MY_KEY: key }, raw).encryptionKey?.reveal()).toBe(key);
  expect(resolve({}, raw).encryptionKey?.reveal()).toBe("ff".repeat(32));
  expect(() => resolve({ TOKENHUB_ENCRYPTION_KEY: "hunter2" })).toThrow(
    /TOKENHUB_ENCRYPTION_KEY is not 64 hexadecimal digits/,
  );
  expect(() => resolve({ TOKENHUB_ENCRYPTION_KEY: "hunter2" })).not.toThrow("hunter2");
});

test("S4-47: a provider whose variable is empty is a warning that names the variables", () => {
  const { warnings } = resolve({}, openaiFile);
  expect(warnings).toEqual([
    "Provider openai has no API key, so its calls will be refused; set OPENAI_API_KEY or TOKENHUB_OPENAI_API_KEY",
  ]);
  expect(resolve({ OPENAI_API_KEY: "sk" }, openaiFile).warnings).toEqual([]);
  const keyless = {
    providers: [{ name: "vllm-local", type: "vllm", base_url: "http://localhost:8000" }],
    models: [],
  };
  expect(resolve({}, keyless).warnings).toEqual([]);
});

test("an alias leaves out default models that are not offered, and says so", () => {
  const raw = { aliases: { best: ["gpt-4", "claude-opus"], gone: ["claude-2"] } };
  const config = resolve({ OPENAI_API_KEY: "sk" }, raw);
  expect(config.aliases).toEqual([
    { id: "best", enabled: true, stickyBy: "scored", variants: [{ modelId: "gpt-4", weight: 1 }] },
  ]);
  expect(config.warnings.join()).toMatch(/alias best leaves out claude-opus.*alias gone leaves out claude-2/);
});

test.each([
  ["TOKENHUB_PORT", "70000"],
  ["TOKENHUB_LISTEN_ADDR", "8080"],
  ["TOKENHUB_AUTH", "none"],
  ["TOKENHUB_LOG_LEVEL", "loud"],
  ["TOKENHUB_MAX_BODY_BYTES", "1"],
  ["TOKENHUB_SYNC_WAIT_MS", "1s"],
  ["TOKENHUB_REDIS_PREFIX", "a b"],
  ["TOKENHUB_DEFAULT_MODE", "bogus"],
  ["TOKENHUB_DEFAULT_MAX_BUDGET_USD", "-1"],
  ["TOKENHUB_PROVIDER_TIMEOUT_SECS", "0"],
  ["TOKENHUB_VAULT_ENABLED", "on"],
  ["DATABASE_URL", "mysql://h/d"],
])("a wrong %s is a start-up error that names it", (name, value) => {
  expect(() => resolve({ [name]: value })).toThrow(ConfigError);
  expect(() => resolve({ [name]: value })).toThrow(name);
});

test("printing the whole configuration shows no secret", () => {
  const env = {
    TOKENHUB_API_KEYS: "hunter2",
    DATABASE_URL: "postgres://u:hunter2@h/d",
    REDIS_URL: "redis://:hunter2@h",
  };
  const raw = {
    providers: [{ name: "openai", type: "openai", api_key: "hunter2" }],
    vault: { stored_keys: { a: "hunter2" } },
  };
  expect(JSON.stringify(resolve(env, raw))).not.toContain("hunter2");
});

test("S1-47: the table of variables lists every variable that is read, besides those named after providers", () => {
  const read = new Set<string>();
  const env = new Proxy<Record<string, string>>(
    {},
    {
      get(_, name) {
        read.add(String(name));
        return undefined;
      },
    },
  );
  resolve(env, { log_level: "info" });
  const listed = new Set([
    ...productVariables.flatMap(({ name, isSecret }) => (isSecret ? [name, `${name}_FILE`] : [name])),
    "TOKENHUB_MOCK_BASE_URL",
  ]);
  expect([...read].filter((name) => !listed.has(name))).toEqual([]);
});
