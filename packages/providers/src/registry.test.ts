import { describe, expect, test } from "vitest";
import {
  isBuiltIn,
  type HttpRequest,
  type HttpRequestInput,
  type ProviderDefinition,
} from "./definition/provider-definition.ts";
import { findProvider, providerDefinitions } from "./registry.ts";

function definitionOf(type: string): ProviderDefinition {
  const definition = findProvider(type);
  if (definition === null || isBuiltIn(definition)) throw new Error(`${type} is not reached over HTTP`);
  return definition;
}

function request(type: string, overrides: Partial<HttpRequestInput> = {}): HttpRequest {
  return definitionOf(type).buildHttpRequest({
    operation: "chat",
    baseUrl: "http://host",
    apiKey: "sk-1",
    bodyText: "{}",
    stream: false,
    upstreamModel: "m",
    headers: {},
    options: {},
    requestId: "req_1",
    ...overrides,
  });
}

describe("the registry", () => {
  test("has every type under its own name", () => {
    expect([...providerDefinitions.keys()].toSorted()).toEqual([
      "anthropic",
      "azure-openai",
      "groq",
      "mock",
      "nim",
      "ollama",
      "openai",
      "openai-compatible",
      "together",
      "vllm",
    ]);
    for (const [type, definition] of providerDefinitions) expect(definition.type).toBe(type);
  });

  test("knows no other type", () => {
    expect(findProvider("gemini")).toBeNull();
    expect(findProvider("toString")).toBeNull();
  });

  test("gives each type a default address, or none where only its owner knows it", () => {
    const withoutDefault = [...providerDefinitions.values()].filter((item) => item.defaultBaseUrl === null);
    expect(withoutDefault.map((item) => item.type).toSorted()).toEqual([
      "azure-openai",
      "mock",
      "openai-compatible",
      "vllm",
    ]);
  });
});

describe("capabilities", () => {
  test("S1d-33: every type declares what it can do, its streaming and its largest context included", () => {
    const declared = Object.fromEntries(
      [...providerDefinitions].map(([type, { capabilities }]) => [type, capabilities]),
    );
    expect(declared).toMatchObject({
      openai: { chat: true, completion: "per_model", embeddings: true, streaming: true, tools: true },
      anthropic: { chat: true, completion: "through_chat", embeddings: false, streaming: true, tools: true },
      vllm: { completion: "native", embeddings: true, maxContextTokens: null },
      groq: { completion: "through_chat", embeddings: false },
      mock: { streaming: true, tools: false, images: false, maxContextTokens: 8_192 },
    });
    for (const { capabilities, wireFormats } of providerDefinitions.values()) {
      expect(capabilities.embeddings).toBe(wireFormats.embeddings !== undefined);
      expect(capabilities.completion === "through_chat").toBe(wireFormats.completion === undefined);
    }
  });
});

describe("requests", () => {
  test.each([
    ["openai", "https://api.openai.com/v1/chat/completions"],
    ["anthropic", "https://api.anthropic.com/v1/messages"],
    ["groq", "https://api.groq.com/openai/v1/chat/completions"],
    ["together", "https://api.together.xyz/v1/chat/completions"],
    ["nim", "https://integrate.api.nvidia.com/v1/chat/completions"],
    ["ollama", "http://localhost:11434/v1/chat/completions"],
  ])("%s goes to %s by default", (type, url) => {
    expect(request(type, { baseUrl: definitionOf(type).defaultBaseUrl ?? "" }).url).toBe(url);
  });

  test("our request id goes to servers of one's own and to no vendor", () => {
    const types = [...providerDefinitions.values()]
      .filter((item) => !isBuiltIn(item))
      .map((item) => item.type);
    const told = types.filter((type) => request(type).headers["x-tokenhub-request-id"] === "req_1");
    expect(told.toSorted()).toEqual(["openai-compatible", "vllm"]);
  });

  test("OpenAI's key is a Bearer token, organization and project come from the options", () => {
    const { headers } = request("openai", { options: { organization: "org-1", project: "proj-1" } });
    expect(headers).toMatchObject({
      authorization: "Bearer sk-1",
      "openai-organization": "org-1",
      "openai-project": "proj-1",
    });
  });

  test("Anthropic's key is x-api-key, its version an option, its betas a configured header", () => {
    expect(request("anthropic").headers).toMatchObject({
      "x-api-key": "sk-1",
      "anthropic-version": "2023-06-01",
    });
    const { headers } = request("anthropic", {
      options: { anthropicVersion: "2026-10-21" },
      headers: { "anthropic-beta": "files-api" },
    });
    expect(headers).toMatchObject({ "anthropic-version": "2026-10-21", "anthropic-beta": "files-api" });
    expect(headers["authorization"]).toBeUndefined();
  });

  test.each(["https://r.azure.example", "https://r.azure.example/", "https://r.azure.example/openai/"])(
    "Azure below %s names the deployment in the path and the API version in the query",
    (baseUrl) => {
      const options = { apiVersion: "2025-01-01-preview" };
      const { url, headers } = request("azure-openai", { baseUrl, upstreamModel: "gpt 4/o", options });
      expect(url).toBe(
        "https://r.azure.example/openai/deployments/gpt%204%2Fo/chat/completions?api-version=2025-01-01-preview",
      );
      expect(headers).toMatchObject({ "api-key": "sk-1" });
      expect(headers["authorization"]).toBeUndefined();
    },
  );

  test("Azure has a default API version and serves embeddings", () => {
    expect(request("azure-openai", { operation: "embeddings" }).url).toBe(
      "http://host/openai/deployments/m/embeddings?api-version=2024-10-21",
    );
  });

  test("a server with another version in its paths is reached with apiPrefix", () => {
    const { url } = request("openai-compatible", {
      baseUrl: "http://host/api",
      options: { apiPrefix: "/v4" },
    });
    expect(url).toBe("http://host/api/v4/chat/completions");
  });

  test("S3-11: text completions have their own path, Azure's below the deployment", () => {
    const operation = "completion";
    expect(request("vllm", { operation }).url).toBe("http://host/v1/completions");
    expect(request("openai", { operation, baseUrl: "http://host/v1/completions" }).url).toBe(
      "http://host/v1/completions",
    );
    expect(request("azure-openai", { operation }).url).toBe(
      "http://host/openai/deployments/m/completions?api-version=2024-10-21",
    );
  });

  test("embeddings have their own path", () => {
    expect(request("vllm", { operation: "embeddings" }).url).toBe("http://host/v1/embeddings");
  });
});
