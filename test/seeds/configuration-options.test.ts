import { loadProductConfig, type ProductConfig } from "@tokenhub/config";
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sampleFile } from "../../scripts/smoke/run-scenario.ts";

type Json = Record<string, unknown>;
const keys = { OPENAI_API_KEY: "sk-a", ANTHROPIC_API_KEY: "sk-b" };

/** The multi-provider sample with some members of its sections replaced, loaded as a file. */
async function load(
  change: (sample: { server: Json; vault: Json; providers: Json[]; models: Json[] }) => void = () =>
    undefined,
  env: Record<string, string> = {},
): Promise<ProductConfig> {
  const sample = JSON.parse(readFileSync(sampleFile("multi-provider.json"), "utf8"));
  change(sample);
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-options-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const configPath = path.join(folder, "config.json");
  writeFileSync(configPath, JSON.stringify(sample));
  return loadProductConfig({ configPath, env: { ...keys, ...env } });
}

const modelOf = (config: ProductConfig, id: string) => config.models.find((model) => model.id === id);
const change = (id: string, members: Json) => (sample: { models: Json[] }) => {
  Object.assign(sample.models.find((model) => model["id"] === id) ?? {}, members);
};

describe("a JSON file of the first container generation", () => {
  test("S3-35, S3-36: goes together with variables, which come first", async () => {
    const config = await load();
    expect(config.listen).toMatchObject({ host: "0.0.0.0", port: 8080 });
    const moved = await load(undefined, { TOKENHUB_PORT: "9000", TOKENHUB_HOST: "127.0.0.1" });
    expect(moved.listen).toMatchObject({ host: "127.0.0.1", port: 9000 });
    expect(moved.models.map(({ id }) => id)).toEqual(config.models.map(({ id }) => id));
  });

  test("S3-37, S3-75: its providers are those of the catalogue, by their names, beside the built-in mock", async () => {
    const { providers } = await load();
    expect(providers.map(({ id }) => id)).toEqual(["openai", "anthropic", "vllm-local", "mock"]);
  });

  test("S3-38, S3-79: its models are those of the catalogue; an id that stands twice is refused by name", async () => {
    const { models } = await load();
    expect(models.slice(0, 3).map(({ id }) => id)).toEqual(["gpt-4", "claude-2", "llama-local"]);
    await expect(load((sample) => void sample.models.push({ ...sample.models[0] }))).rejects.toThrow(/gpt-4/);
  });

  test("S3-39, S3-73: its section vault names the variable of the encryption key", async () => {
    const key = "ab".repeat(32);
    const renamed = (sample: { vault: Json }): void => void (sample.vault["encryption_key_env"] = "MY_KEY");
    expect((await load(renamed, { MY_KEY: key })).encryptionKey?.reveal()).toBe(key);
    expect((await load(renamed, { TOKENHUB_ENCRYPTION_KEY: key })).encryptionKey).toBeNull();
    await expect(load(renamed, { MY_KEY: "short" })).rejects.toThrow(/MY_KEY/);
  });

  test("S3-80: a model of a provider that is not in the file is refused with its place and name", async () => {
    const wrong = load(change("claude-2", { provider: "nobody" }));
    await expect(wrong).rejects.toThrow(/models\W+1\W+provider is "nobody"/);
  });

  test.each([0, 0.5, 90, 150])("S3-82, C12: a model may weigh %d", async (weight) => {
    expect(modelOf(await load(change("gpt-4", { weight })), "gpt-4")?.weight).toBe(weight);
  });

  test.each([-1, "heavy"])(
    "S3-82, D10: a weight of %j is refused with the place in the file",
    async (weight) => {
      await expect(load(change("gpt-4", { weight }))).rejects.toThrow(/models\W+0\W+weight/);
    },
  );

  test("S3-83, C13: one price means the same for input and output; 0 is free, none is unknown", async () => {
    const config = await load(change("claude-2", { cost_per_1k: undefined }));
    expect(modelOf(config, "gpt-4")?.price).toEqual({ inputPer1kUsd: 0.03, outputPer1kUsd: 0.03 });
    expect(modelOf(config, "llama-local")?.price).toEqual({ inputPer1kUsd: 0, outputPer1kUsd: 0 });
    expect(modelOf(config, "claude-2")?.price).toBeNull();
    await expect(load(change("gpt-4", { cost_per_1k: -1 }))).rejects.toThrow(/cost_per_1k/);
  });

  test("S3-84: a context is a number of tokens, 0 is unlimited, a negative one is refused", async () => {
    const config = await load(change("gpt-4", { context_size: 0 }));
    expect(modelOf(config, "gpt-4")?.contextTokens).toBe(0);
    expect(modelOf(config, "claude-2")?.contextTokens).toBe(100_000);
    await expect(load(change("gpt-4", { context_size: -1 }))).rejects.toThrow(/context_size/);
  });

  test("S3-85, S3-14: capabilities are chat, completion and embedding; another word is refused", async () => {
    const config = await load(change("gpt-4", { capabilities: ["embedding"] }));
    expect(modelOf(config, "gpt-4")?.capabilities).toEqual(["embeddings"]);
    expect(modelOf(config, "claude-2")?.capabilities).toEqual(expect.arrayContaining(["chat", "completion"]));
    await expect(load(change("gpt-4", { capabilities: ["chats"] }))).rejects.toThrow(/chats/);
  });
});

describe("variables", () => {
  test("S0-35: every setting that the documents name can be set by one", async () => {
    const key = "cd".repeat(32);
    const env = {
      TOKENHUB_ADMIN_PASSWORD: "your-secure-password",
      TOKENHUB_HOST: "127.0.0.2",
      TOKENHUB_PORT: "8081",
      TOKENHUB_DB_PATH: "/tmp/of-this-test.db",
      TOKENHUB_DEBUG: "true",
      TOKENHUB_ENCRYPTION_KEY: key,
      TOKENHUB_DEFAULT_MODE: "cheap",
      TOKENHUB_DEFAULT_MAX_BUDGET_USD: "0.5",
      TOKENHUB_DEFAULT_MAX_LATENCY_MS: "20000",
      TOKENHUB_VLLM_ENDPOINTS: "http://a:8000,http://b:8000",
      TOKENHUB_PROVIDER_TIMEOUT_SECS: "7",
      TOKENHUB_VAULT_ENABLED: "true",
      TOKENHUB_VAULT_KEY_DERIVATION: "scrypt",
      OPENAI_API_KEY: "sk-a",
    };
    const config = await loadProductConfig({ configPath: null, env });
    expect(config).toMatchObject({
      listen: { host: "127.0.0.2", port: 8081 },
      database: { kind: "sqlite", path: "/tmp/of-this-test.db" },
      logLevel: "debug",
      routing: { defaultMode: "cheap", defaultMaxBudgetUsd: 0.5, defaultMaxLatencyMs: 20_000 },
      vault: { enabled: true, keyDerivation: "scrypt" },
    });
    expect(config.admin.password?.reveal()).toBe("your-secure-password");
    expect(config.encryptionKey?.reveal()).toBe(key);
    expect(config.providers.map(({ id }) => id)).toEqual(expect.arrayContaining(["openai", "vllm"]));
    expect(config.providers.find(({ id }) => id === "vllm")?.timeoutMs).toBe(7_000);
    const address = { ...env, TOKENHUB_LISTEN_ADDR: "0.0.0.0:9090", TOKENHUB_LOG_LEVEL: "warn" };
    expect(await loadProductConfig({ configPath: null, env: address })).toMatchObject({
      listen: { host: "0.0.0.0", port: 9090 },
      logLevel: "warn",
    });
  });
});
