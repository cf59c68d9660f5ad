import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import type { CatalogueProvider } from "@tokenhub/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProviderCallInput, ProviderClient } from "../client/provider-call.ts";
import { createProviderClient } from "../client/provider-client.ts";
import { bodyOf, chunksOf, eventData, failureOf, readStream } from "../conformance/expect-reply.ts";
import type { AnyProvider } from "../definition/provider-definition.ts";
import { discoverModels } from "../discovery/discover-models.ts";
import { testConnection } from "../discovery/test-connection.ts";
import { validateApiKey } from "../discovery/validate-api-key.ts";
import { providerDefinitions } from "../registry.ts";
import { buildCall, buildProvider, ordinaryLimits } from "../testing/build-call.ts";
import { closedPort, listen, readJson, sendJson, type Listening } from "../testing/listen.ts";
import { loadProviderModules } from "./load-provider-modules.ts";
import { ProviderRegistry } from "./provider-registry.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const goodKey = "acme-secret-0123456789";

/** How the server of the example behaves; each test sets what it needs. */
interface Acme {
  generate: (body: Record<string, unknown>, response: ServerResponse) => void;
}

const answer = (response: ServerResponse, says: string, ended = "done"): void =>
  sendJson(response, { engine: "acme-1-2026", says, spent: { in: 5, out: 3 }, ended });

let acme: Acme;
let server: Listening;
let client: ProviderClient;
let definition: AnyProvider;
let stack: AsyncDisposableStack;
const bodies: unknown[] = [];

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  bodies.length = 0;
  acme = { generate: (_body, response) => answer(response, "Hello from Acme") };
  server = stack.use(await listen((request, response) => void serve(request, response)));
  client = stack.use(createProviderClient());
  const registry = new ProviderRegistry(providerDefinitions);
  const module = "./examples/custom-provider/acme-provider.ts";
  const [loaded] = await loadProviderModules([{ name: null, module }], { baseDirectory: root, registry });
  expect(loaded?.types).toEqual(["acme"]);
  const found = registry.find("acme");
  if (found === null) throw new Error("the example did not register itself");
  definition = found;
});
afterEach(() => stack.disposeAsync());

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.headers["acme-key"] !== goodKey) {
    return sendJson(response, { problem: `bad key ${String(request.headers["acme-key"])}` }, { status: 401 });
  }
  if (request.url === "/engines") return sendJson(response, { engines: ["acme-1", "acme-2"] });
  const body = (await readJson(request)) as Record<string, unknown>;
  bodies.push(body);
  acme.generate(body, response);
}

const provider = (overrides: Partial<CatalogueProvider> = {}): CatalogueProvider =>
  buildProvider({
    id: "acme-eu",
    type: "acme",
    baseUrl: server.url,
    options: { region: "eu" },
    ...overrides,
  });

const call = (overrides: Partial<ProviderCallInput> = {}, target = provider()): ProviderCallInput =>
  buildCall(target, { definition, apiKey: goodKey, upstreamModel: "acme-1", ...overrides });

const chatBody = JSON.stringify({
  model: "whatever",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hi" },
  ],
  max_tokens: 50,
  temperature: 0.2,
});

describe("the documented example of a provider class", () => {
  test("S0-41, S0-45, S2-51: loaded by its module path, it answers a chat with what its provider said", async () => {
    const { json } = bodyOf(await client.call(call({ bodyText: chatBody })));
    expect(json).toMatchObject({
      object: "chat.completion",
      model: "acme-1-2026",
      choices: [{ message: { role: "assistant", content: "Hello from Acme" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
    });
    expect(bodies).toEqual([
      {
        engine: "acme-1",
        turns: [
          { who: "system", says: "Be brief." },
          { who: "user", says: "Hi" },
        ],
        longest: 50,
        warmth: 0.2,
      },
    ]);
    expect(server.requests[0]?.headers).toMatchObject({ "acme-key": goodKey, "acme-region": "eu" });
  });

  test("S0-41: a stream delivers the same answer as events of the OpenAI format", async () => {
    const says = "grüße 🙂 ".repeat(400).trim();
    acme.generate = (_body, response) => answer(response, says, "cut");
    const { text, error } = await readStream(chunksOf(await client.call(call({ stream: true }))));
    expect(error).toBeNull();
    const chunks = eventData(text) as StreamChunk[];
    expect(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join("")).toBe(says);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("length");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 8 } });
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  test("S0-42: its models are discovered", async () => {
    const target = { provider: provider(), apiKey: goodKey, definition };
    expect(await discoverModels(target)).toEqual({
      kind: "found",
      models: [
        { id: "acme-1", ownedBy: null },
        { id: "acme-2", ownedBy: null },
      ],
      isComplete: true,
    });
    expect(await testConnection(target)).toMatchObject({ kind: "connected", modelCount: 2 });
  });

  test("S0-43: its key is validated", async () => {
    const validate = (apiKey: string | null, baseUrl = server.url) =>
      validateApiKey({ provider: provider({ baseUrl }), apiKey, definition });
    expect((await validate(goodKey)).kind).toBe("valid");
    expect((await validate("wrong")).kind).toBe("invalid");
    expect((await validate(null)).kind).toBe("invalid");
    const gone = await validate(goodKey, `http://127.0.0.1:${await closedPort()}`);
    expect(gone).toMatchObject({ kind: "unknown", detail: expect.stringContaining("ECONNREFUSED") });
  });

  test("its provider's errors are classified like those of any other, without the key in them", async () => {
    acme.generate = (_body, response) =>
      sendJson(response, {}, { status: 429, headers: { "acme-wait-seconds": "2" } });
    expect(failureOf(await client.call(call()))).toMatchObject({
      class: "rate_limited",
      providerStatus: 429,
      retryAfterMs: 2_000,
    });
    const refused = await client.call(call({ apiKey: "wrong-key-0123456789" }));
    expect(failureOf(refused)).toMatchObject({ class: "auth", providerStatus: 401 });
    expect(failureOf(refused).providerMessage).toContain("bad key [redacted]");
    const baseUrl = `http://127.0.0.1:${await closedPort()}`;
    const gone = await client.call(call({}, provider({ baseUrl })));
    expect(failureOf(gone)).toMatchObject({ class: "transient", code: "provider_unreachable" });
  });

  test("without a key it is never called, because it registered itself as needing one", async () => {
    expect(failureOf(await client.call(call({ apiKey: null })))).toMatchObject({ class: "auth" });
    expect(server.requests).toHaveLength(0);
  });

  test("an answer without text is a bad response", async () => {
    acme.generate = (_body, response) => sendJson(response, { spent: { in: 1, out: 1 } });
    expect(failureOf(await client.call(call()))).toMatchObject({ code: "provider_bad_response" });
  });

  test("an answer above the size limit is refused, whole and streamed", async () => {
    acme.generate = (_body, response) => answer(response, "x".repeat(20_000));
    const limits = { ...ordinaryLimits, maxResponseBytes: 10_000 };
    expect(failureOf(await client.call(call({ limits })))).toMatchObject({ class: "fatal" });
    const { error } = await readStream(chunksOf(await client.call(call({ limits, stream: true }))));
    expect(error).toMatchObject({ failure: { class: "fatal", code: "provider_bad_response" } });
  });
});

describe("limits of a provider class", () => {
  async function silence(): Promise<{ isAsked: Promise<void>; isGone: Promise<void> }> {
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    acme.generate = (_body, response) => {
      response.on("close", () => gone.resolve());
      asked.resolve();
    };
    return { isAsked: asked.promise, isGone: gone.promise };
  }

  test.each([
    ["cancelled", "cancelled"],
    ["deadline", "deadline"],
  ])(
    "an abort (%s) ends the call at once and closes the class's own connection",
    async (reason, expected) => {
      const { isAsked, isGone } = await silence();
      const controller = new AbortController();
      const reply = client.call(call({ signal: controller.signal }));
      await isAsked;
      controller.abort(reason);
      expect(failureOf(await reply)).toMatchObject({ class: expected });
      await isGone;
    },
  );

  test("S1-56: silence is a timeout, which closes the class's own connection too", async () => {
    const { isGone } = await silence();
    const limits = { ...ordinaryLimits, headersTimeoutMs: 150 };
    expect(failureOf(await client.call(call({ limits })))).toMatchObject({
      class: "transient",
      code: "provider_timeout",
    });
    await isGone;
  });
});

interface StreamChunk {
  choices: { delta?: { content?: string }; finish_reason: string | null }[];
}
