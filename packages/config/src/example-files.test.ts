import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { formatEnvExample } from "./format-env-example.ts";
import { loadProductConfig } from "./load-product-config.ts";
import { productVariables } from "./variables.ts";

const root = new URL("../../../", import.meta.url);
const pathOf = (name: string): string => fileURLToPath(new URL(name, root));
const keys = { OPENAI_API_KEY: "sk-a", ANTHROPIC_API_KEY: "sk-b" };

test("S1-46: config/config.example.yaml loads without a warning when the keys are there", async () => {
  const config = await loadProductConfig({ configPath: pathOf("config/config.example.yaml"), env: keys });
  expect(config.warnings).toEqual([]);
  expect(config.providers.map(({ id }) => id)).toEqual(["openai", "anthropic", "vllm-local", "mock"]);
  expect(config.providers[2]?.options["endpoints"]).toBe("http://localhost:8000,http://localhost:8001");
  expect(config.models.map(({ id }) => id)).toContain("llama-local");
});

test("S3-40, S4-28: config.example.json loads without a warning when the keys are there", async () => {
  const config = await loadProductConfig({ configPath: pathOf("config.example.json"), env: keys });
  expect(config.warnings).toEqual([]);
  expect(config.models.map(({ id }) => id)).toEqual([
    "gpt-4",
    "claude-2",
    "llama-local",
    "mock-gpt-4",
    "mock-gpt-3.5",
  ]);
});

test("S1-47: .env.example lists every variable of the table", async () => {
  const text = await readFile(pathOf(".env.example"), "utf8");
  expect(text, "bring it up to date with: npm run env-example").toBe(formatEnvExample());
});

test("S1-38: .env.example copied unchanged sets no secret", async () => {
  const text = await readFile(pathOf(".env.example"), "utf8");
  for (const { name } of productVariables.filter(({ isSecret }) => isSecret)) {
    expect(text).toMatch(new RegExp(`^#?${name}=$`, "m"));
  }
});

test("every default that the table states is accepted as a value", async () => {
  const stated = productVariables.filter(
    ({ name, defaultText }) => defaultText !== "" && name !== "TOKENHUB_CONFIG",
  );
  const env = Object.fromEntries(stated.map(({ name, defaultText }) => [name, defaultText]));
  const configPath = pathOf("config.example.json");
  const [withDefaults, without] = [
    await loadProductConfig({ configPath, env }),
    await loadProductConfig({ configPath, env: {} }),
  ];
  expect(JSON.stringify(withDefaults)).toBe(JSON.stringify(without));
});

test("TOKENHUB_CONFIG names the file when -config does not", async () => {
  const env = { ...keys, TOKENHUB_CONFIG: pathOf("config.example.json") };
  expect((await loadProductConfig({ configPath: null, env })).models[0]?.id).toBe("gpt-4");
  await expect(loadProductConfig({ configPath: pathOf("absent.yaml"), env })).rejects.toThrow(
    "does not exist",
  );
});
