import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildProvider } from "../testing/build-call.ts";
import { closedPort, listen, sendJson, type Listening } from "../testing/listen.ts";
import { discoverModels, type ModelDiscovery } from "./discover-models.ts";

const apiKey = "sk-discovery-0123456789";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

async function serve(handler: RequestListener): Promise<Listening> {
  return stack.use(await listen(handler));
}

function discover(
  type: string,
  {
    baseUrl,
    options = {},
    ...rest
  }: { baseUrl: string | null } & Partial<Parameters<typeof discoverModels>[0]> & {
      options?: Record<string, string>;
    },
): Promise<ModelDiscovery> {
  return discoverModels({ provider: buildProvider({ type, baseUrl, options }), apiKey, ...rest });
}

const openAiList = (response: ServerResponse): void =>
  sendJson(response, {
    object: "list",
    data: [{ id: "m-1", owned_by: "me" }, { id: "m-1" }, { id: "org/m-2" }],
  });

describe("discoverModels", () => {
  test.each([
    ["openai", "/v1/models"],
    ["openai-compatible", "/v1/models"],
    ["vllm", "/v1/models"],
    ["ollama", "/v1/models"],
    ["groq", "/v1/models"],
    ["together", "/v1/models"],
    ["nim", "/v1/models"],
  ])("%s is asked at %s with a Bearer key and no body", async (type, path) => {
    const { url, requests } = await serve((_request, response) => openAiList(response));
    const expected = {
      kind: "found",
      models: [
        { id: "m-1", ownedBy: "me" },
        { id: "org/m-2", ownedBy: null },
      ],
      isComplete: true,
    };
    for (const suffix of ["", "/", "/v1", "/v1/"]) {
      expect(await discover(type, { baseUrl: url + suffix })).toEqual(expected);
    }
    expect(new Set(requests.map((request) => `${request.method} ${request.url}`))).toEqual(
      new Set([`GET ${path}`]),
    );
    expect(requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      accept: "application/json",
    });
    expect(requests[0]?.headers).not.toHaveProperty("content-type");
  });

  test("Anthropic is asked with x-api-key and its version, page by page", async () => {
    const { url, requests } = await serve((request, response) => {
      const isSecond = request.url?.includes("after_id=claude%20b") === true;
      const data = isSecond
        ? [{ id: "claude-c", max_input_tokens: 200_000 }]
        : [{ id: "claude-a" }, { id: "claude b" }];
      sendJson(response, { data, has_more: !isSecond, last_id: isSecond ? "claude-c" : "claude b" });
    });
    const found = await discover("anthropic", { baseUrl: url });
    expect(found).toEqual({
      kind: "found",
      models: [
        { id: "claude-a", ownedBy: null },
        { id: "claude b", ownedBy: null },
        { id: "claude-c", ownedBy: null, contextTokens: 200_000 },
      ],
      isComplete: true,
    });
    expect(requests.map((request) => request.url)).toEqual([
      "/v1/models?limit=100",
      "/v1/models?limit=100&after_id=claude%20b",
    ]);
    for (const { headers } of requests) {
      expect(headers).toMatchObject({ "x-api-key": apiKey, "anthropic-version": "2023-06-01" });
      expect(headers.authorization).toBeUndefined();
    }
  });

  test("Azure is asked at its service path with api-key and api-version", async () => {
    const { url, requests } = await serve((_request, response) => openAiList(response));
    expect(await discover("azure-openai", { baseUrl: url })).toMatchObject({ kind: "found" });
    expect(requests[0]?.url).toBe("/openai/models?api-version=2024-10-21");
    expect(requests[0]?.headers).toMatchObject({ "api-key": apiKey });
  });

  test("S3-9, S1-18: vLLM without a key gets no credential header, and tells its context", async () => {
    const { url, requests } = await serve((_request, response) =>
      sendJson(response, { data: [{ id: "qwen", owned_by: "vllm", max_model_len: 32_768 }] }),
    );
    expect(await discover("vllm", { baseUrl: url, apiKey: null })).toMatchObject({
      models: [{ id: "qwen", ownedBy: "vllm", contextTokens: 32_768 }],
    });
    expect(requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test("the mock answers without network", async () => {
    expect(await discover("mock", { baseUrl: null })).toMatchObject({
      kind: "found",
      models: [
        { id: "mock-gpt-4", contextTokens: 8_192 },
        { id: "mock-gpt-3.5", contextTokens: 4_096 },
      ],
    });
  });

  test("another prefix and another version are honoured", async () => {
    const { url, requests } = await serve((_request, response) => openAiList(response));
    await discover("openai-compatible", { baseUrl: url, options: { apiPrefix: "/api/v4" } });
    await discover("anthropic", { baseUrl: url, options: { anthropicVersion: "2026-10-21" } });
    expect(requests[0]?.url).toBe("/api/v4/models");
    expect(requests[1]?.headers["anthropic-version"]).toBe("2026-10-21");
  });

  test("a redirect is not followed, so the key reaches no other server", async () => {
    const thief = await serve((_request, response) => openAiList(response));
    const { url } = await serve((_request, response) => {
      response.writeHead(302, { location: `${thief.url}/v1/models` }).end();
    });
    for (const type of ["openai", "anthropic"]) {
      expect(await discover(type, { baseUrl: url })).toMatchObject({
        kind: "failed",
        failure: { class: "fatal", code: "provider_bad_response", providerStatus: 302 },
      });
    }
    expect(thief.requests).toHaveLength(0);
  });

  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void, object]>([
    [
      "401",
      (_request, response) => sendJson(response, { error: { message: `bad ${apiKey}` } }, { status: 401 }),
      { class: "auth", providerStatus: 401, providerMessage: "bad [redacted]" },
    ],
    [
      "429",
      (_request, response) => sendJson(response, {}, { status: 429, headers: { "retry-after": "3" } }),
      { class: "rate_limited", retryAfterMs: 3_000 },
    ],
    [
      "500",
      (_request, response) => sendJson(response, {}, { status: 500 }),
      { class: "transient", providerStatus: 500 },
    ],
    [
      "404",
      (_request, response) => sendJson(response, {}, { status: 404 }),
      { class: "fatal", providerStatus: 404 },
    ],
    [
      "an HTML page",
      (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      { code: "provider_bad_response" },
    ],
    [
      "JSON that is no list",
      (_request, response) => sendJson(response, { hello: "world" }),
      { code: "provider_bad_response" },
    ],
    [
      "a cut-off list",
      (_request, response) =>
        response.writeHead(200, { "content-type": "application/json" }).end('{"data":['),
      { code: "provider_bad_response" },
    ],
    ["a reset", (request) => request.socket.destroy(), { code: "provider_unreachable" }],
    [
      "more than a megabyte",
      (_request, response) => sendJson(response, { data: [{ id: "x".repeat(1_100_000) }] }),
      { class: "fatal", code: "provider_bad_response" },
    ],
  ])("%s is a failure, without the key in it", async (_name, handler, failure) => {
    const { url } = await serve(handler);
    const found = await discover("openai", { baseUrl: url });
    expect(found).toMatchObject({ kind: "failed", failure });
    expect(JSON.stringify(found)).not.toContain(apiKey);
  });

  test("silence ends with the time limit, a list that drips as well", async () => {
    const silent = await serve(() => undefined);
    const drips = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(timer));
    });
    for (const { url } of [silent, drips]) {
      expect(await discover("openai", { baseUrl: url, timeoutMs: 150 })).toMatchObject({
        kind: "failed",
        failure: { code: "provider_timeout" },
      });
    }
  });

  test("an abort ends it at once", async () => {
    const controller = new AbortController();
    const { url } = await serve(() => controller.abort("cancelled"));
    const failure = { class: "cancelled" };
    expect(await discover("openai", { baseUrl: url, signal: controller.signal })).toMatchObject({ failure });
    expect(await discover("openai", { baseUrl: url, signal: controller.signal })).toMatchObject({ failure });
    expect(await discover("mock", { baseUrl: null, signal: controller.signal })).toMatchObject({ failure });
  });

  test("pages without end are bounded, a page that repeats itself ends it", async () => {
    let page = 0;
    const endless = await serve((_request, response) => {
      page += 1;
      sendJson(response, { data: [{ id: `m-${page}` }], has_more: true, last_id: `m-${page}` });
    });
    const many = await discover("anthropic", { baseUrl: endless.url });
    expect(many).toMatchObject({ kind: "found", isComplete: false });
    expect(many.kind === "found" ? many.models.length : 0).toBe(20);
    const repeating = await serve((_request, response) =>
      sendJson(response, { data: [{ id: "same" }], has_more: true, last_id: "same" }),
    );
    expect(await discover("anthropic", { baseUrl: repeating.url })).toMatchObject({
      models: [{ id: "same" }],
      isComplete: false,
    });
    expect(repeating.requests).toHaveLength(2);
  });

  test("the next endpoint is asked when one cannot be reached, but not when it refuses the key", async () => {
    const refusing = await serve((_request, response) => sendJson(response, {}, { status: 401 }));
    const good = await serve((_request, response) => openAiList(response));
    const gone = `http://127.0.0.1:${await closedPort()}`;
    const endpoints = (...urls: string[]) => ({ baseUrl: null, options: { endpoints: urls.join(",") } });
    expect(await discover("vllm", endpoints(gone, good.url))).toMatchObject({ kind: "found" });
    expect(await discover("vllm", endpoints(refusing.url, good.url))).toMatchObject({ kind: "failed" });
    expect(good.requests).toHaveLength(1);
  });

  test("what cannot even be asked is a failure too", async () => {
    expect(await discover("vllm", { baseUrl: null })).toMatchObject({ failure: { class: "fatal" } });
    expect(await discover("nonsense", { baseUrl: null })).toMatchObject({
      failure: { code: "provider_unavailable" },
    });
    expect(await discover("vllm", { baseUrl: "nonsense" })).toMatchObject({ failure: { class: "fatal" } });
    expect(await discover("openai", { baseUrl: null, apiKey: null })).toMatchObject({
      failure: { class: "auth" },
    });
    expect(await discover("openai", { baseUrl: "http://127.0.0.1:1", apiKey: "a\nb" })).toMatchObject({
      failure: { class: "auth" },
    });
  });
});
