import { TokenHubError } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { createProviderClient } from "../client/provider-client.ts";
import { validateAll } from "../discovery/validate-api-key.ts";
import { openAiCompatible } from "../openai-compatible/definition.ts";
import { findProvider, providerDefinitions } from "../registry.ts";
import { buildCall } from "../testing/build-call.ts";
import {
  addProvider,
  defineOpenAiCompatible,
  registerModel,
  registerProviderClass,
  type AdapterSettings,
  type ChatRequest,
  type ChatResponse,
  type ProviderAdapter,
} from "./index.ts";
import { ProviderRegistry } from "./provider-registry.ts";

class Echo implements ProviderAdapter {
  static made: AdapterSettings[] = [];
  readonly #settings: AdapterSettings;

  constructor(settings: AdapterSettings) {
    this.#settings = settings;
    Echo.made.push(settings);
  }

  chatCompletion({ messages, model }: ChatRequest): Promise<ChatResponse> {
    const content = `${this.#settings.id}: ${messages.at(-1)?.content ?? ""}`;
    return Promise.resolve({ content, model, tokens_used: 7, finish_reason: "stop" });
  }

  getAvailableModels(): Promise<string[]> {
    return Promise.resolve(["echo-1"]);
  }

  validateApiKey(): Promise<boolean> {
    return Promise.resolve(this.#settings.apiKey === "good");
  }
}

const newRegistry = (): ProviderRegistry => new ProviderRegistry(providerDefinitions);
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof TokenHubError) return error.code;
    throw error;
  }
  return "nothing thrown";
};

describe("S0-45, S2-51: registering", () => {
  test("S0-41, S0-42, S0-43, S0-44, S0-45, S2-32, S2-51: a class is registered, added as an instance and called", async () => {
    registerProviderClass("registry-test-echo", Echo);
    const provider = addProvider("echo-main", "registry-test-echo", { apiKey: "good" });
    const definition = findProvider(provider.type);
    if (definition === null) throw new Error("not registered");
    await using client = createProviderClient();
    expect(await client.call(buildCall(provider, { definition }))).toMatchObject({
      kind: "body",
      json: { model: "m", choices: [{ message: { content: "echo-main: Hi" }, finish_reason: "stop" }] },
    });
  });

  test("a name is taken by one class; registering the same again changes nothing", () => {
    const registry = newRegistry();
    registry.registerProviderClass("echo", Echo);
    registry.registerProviderClass("echo", Echo);
    expect(codeOf(() => registry.registerProviderClass("echo", class extends Echo {}))).toBe(
      "already_exists",
    );
    expect(codeOf(() => registry.registerProviderClass("openai", Echo))).toBe("already_exists");
    expect(registry.find("openai")).toBe(providerDefinitions.get("openai"));
  });

  test.each([
    ["a class without the methods", "x", class {}],
    ["no class at all", "x", { chatCompletion: () => undefined }],
    ["a name with a blank", "my provider", Echo],
    ["an empty name", "", Echo],
  ])("%s is refused", (_what, name, AdapterClass) => {
    expect(codeOf(() => newRegistry().registerProviderClass(name, AdapterClass as typeof Echo))).toBe(
      "invalid_request",
    );
  });

  test("S1-1: a server of the OpenAI format is registered as data", () => {
    const registry = newRegistry();
    const definition = defineOpenAiCompatible({
      type: "acme-cloud",
      defaultBaseUrl: "https://api.acme.example",
      credential: "required",
      extensions: [],
      servesEmbeddings: false,
      completion: "through_chat",
      maxTokensField: "max_tokens",
      sendsRequestId: false,
    });
    registry.registerProviderDefinition(definition);
    expect(registry.find("acme-cloud")).toBe(definition);
    expect(registry.types().at(-1)).toBe("acme-cloud");
    expect(codeOf(() => registry.registerProviderDefinition({ ...openAiCompatible, type: "mock" }))).toBe(
      "already_exists",
    );
  });
});

describe("instances", () => {
  test("S2-28, S2-31: several instances of one type are kept with their configuration", () => {
    const registry = newRegistry();
    registry.registerProviderClass("echo", Echo);
    const eu = registry.addProvider("echo-eu", "echo", {
      apiKey: "k-eu",
      baseUrl: "https://eu.example",
      options: { region: "eu" },
    });
    registry.addProvider("echo-us", "echo", { apiKey: "k-us", timeoutMs: 5_000, concurrency: 2 });
    expect(registry.addedProviders()).toEqual([
      eu,
      expect.objectContaining({ id: "echo-us", type: "echo", timeoutMs: 5_000, concurrency: 2 }),
    ]);
    expect(eu).toMatchObject({
      enabled: true,
      baseUrl: "https://eu.example",
      options: { region: "eu" },
      credentialSource: "env",
      timeoutMs: 30_000,
    });
    expect([registry.apiKeyOf("echo-eu"), registry.apiKeyOf("echo-us"), registry.apiKeyOf("x")]).toEqual([
      "k-eu",
      "k-us",
      null,
    ]);
    expect(JSON.stringify(registry.addedProviders())).not.toContain("k-eu");
  });

  test("each instance gets an object of its class, made once and again when its settings change", async () => {
    Echo.made = [];
    const registry = newRegistry();
    registry.registerProviderClass("echo", Echo);
    const definition = registry.find("echo");
    if (definition === null) throw new Error("not registered");
    const one = registry.addProvider("one", "echo", { options: { a: "1" } });
    const two = registry.addProvider("two", "echo", { baseUrl: "http://two" });
    await using client = createProviderClient();
    for (const [provider, apiKey] of [
      [one, "k"],
      [one, "k"],
      [two, "k"],
      [one, "k"],
      [one, "new"],
    ] as const) {
      await client.call(buildCall(provider, { definition, apiKey }));
    }
    expect(Echo.made).toEqual([
      { id: "one", apiKey: "k", baseUrl: null, options: { a: "1" } },
      { id: "two", apiKey: "k", baseUrl: "http://two", options: {} },
      { id: "one", apiKey: "new", baseUrl: null, options: { a: "1" } },
    ]);
  });

  test("objects that hold a key are dropped when keys are to be forgotten", async () => {
    Echo.made = [];
    const registry = newRegistry();
    registry.registerProviderClass("echo", Echo);
    const definition = registry.find("echo");
    if (definition === null) throw new Error("not registered");
    const call = buildCall(registry.addProvider("one", "echo"), { definition, apiKey: "k" });
    await using client = createProviderClient();
    for (let calls = 0; calls < 2; calls += 1) await client.call(call);
    registry.forgetKeys();
    await client.call(call);
    expect(Echo.made).toHaveLength(2);
  });

  test("S2-30: all credentials are validated at once, name by name", async () => {
    const registry = newRegistry();
    registry.registerProviderClass("echo", Echo, { credential: "required" });
    const definition = registry.find("echo") ?? undefined;
    const targets = [
      ["good-one", "good"],
      ["bad-one", "bad"],
      ["no-key", null],
    ].map(([id, apiKey]) => ({
      provider: registry.addProvider(String(id), "echo"),
      apiKey: apiKey ?? null,
      definition,
    }));
    const mock = { provider: registry.addProvider("mock-one", "mock"), apiKey: "anything" };
    expect(await validateAll([...targets, mock])).toEqual(
      new Map([
        ["good-one", true],
        ["bad-one", false],
        ["no-key", false],
        ["mock-one", true],
      ]),
    );
  });

  test("an unknown type, a second instance of one id and an unusable id are refused", () => {
    const registry = newRegistry();
    expect(codeOf(() => registry.addProvider("x", "acme"))).toBe("invalid_request");
    registry.addProvider("x", "mock");
    expect(codeOf(() => registry.addProvider("x", "mock"))).toBe("already_exists");
    expect(codeOf(() => registry.addProvider("x y", "mock"))).toBe("invalid_request");
    expect(codeOf(() => registry.addProvider("y", "mock", { timeoutMs: -1 }))).toBe("invalid_request");
  });
});

describe("models", () => {
  test("S2-52: registerModel takes name, provider, price, context and a weight above 100", () => {
    const model = registerModel({
      name: "gpt-5",
      provider: "openai",
      cost_per_1k_tokens: 0.05,
      context_size: 32_000,
      weight: 150,
    });
    expect(model).toMatchObject({
      id: "gpt-5",
      providerId: "openai",
      upstreamName: "gpt-5",
      enabled: true,
      weight: 150,
      contextTokens: 32_000,
      price: { inputPer1kUsd: 0.05, outputPer1kUsd: 0.05 },
      priceSource: "manual",
      contextSource: "manual",
    });
  });

  test("what is not said is unknown, not free", () => {
    const registry = newRegistry();
    const model = registry.registerModel({ name: "a/b", provider: "x", upstream_name: "b" });
    expect(model).toMatchObject({
      upstreamName: "b",
      price: null,
      priceSource: null,
      contextTokens: 0,
      weight: 1,
    });
    expect(registry.registeredModels()).toEqual([model]);
    expect(codeOf(() => registry.registerModel({ name: "a/b", provider: "x" }))).toBe("already_exists");
    expect(codeOf(() => registry.registerModel({ name: "c", provider: "x", weight: -1 }))).toBe(
      "invalid_request",
    );
  });
});
