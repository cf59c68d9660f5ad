import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { adminEnvironment, administer, adminPassword, adminToken } from "./admin-client.ts";
import { auditRowsOf } from "./audit-rows.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
});
afterAll(() => network[Symbol.asyncDispose]());

const legacy = (method: string, path: string, body?: unknown, bearer: string | null = adminPassword) =>
  administer(network, method, path, { bearer, ...(body === undefined ? {} : { body }) });
const provider = { name: "my-provider", provider_type: "mock", api_key: "any-key-will-do" };

describe("/admin/providers of the first generation", () => {
  it("S0-22, S2-3, S0-23, S0-24, S0-33: provider, then chat: the README's sequence runs as written", async () => {
    const added = await legacy("POST", "/admin/providers", provider);
    expect(added).toMatchObject({ status: 200, json: { message: "Provider added successfully" } });
    const chat = await fetch(`${network.url}/v1/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${network.apiKey}` },
      body: JSON.stringify({
        model: "mock-gpt-4",
        messages: [{ role: "user", content: "Hello" }],
        orchestration_mode: "simple",
      }),
    });
    expect(chat.status).toBe(200);
    expect(await chat.json()).toMatchObject({
      response: "Mock response from mock-gpt-4",
      model: "mock-gpt-4",
    });
  });

  it("S2-42: the key is sealed and the audit row written with the provider; a model of it answers", async () => {
    await legacy("POST", "/admin/providers", { ...provider, name: "sealed-mock" });
    const stored = await administer(network, "GET", "/admin/v1/providers/sealed-mock");
    expect(stored.json).toMatchObject({ type: "mock", has_key: true, credential_source: "escrow" });
    const rows = await auditRowsOf(network.dataDirectory, "sealed-mock");
    expect(rows.map(({ action, outcome }) => [action, outcome])).toEqual([["provider.add", "ok"]]);
  });

  it.each([
    ["name", { provider_type: "mock", api_key: "k" }],
    ["provider_type", { name: "n", api_key: "k" }],
    ["api_key", { name: "n", provider_type: "mock" }],
    ["an api_key that is not empty", { name: "n", provider_type: "mock", api_key: "" }],
    ["a body", undefined],
  ])(
    'S0-23: POST /admin/providers without %s answers 400 "Missing required fields"',
    async (_field, body) => {
      expect(await legacy("POST", "/admin/providers", body)).toMatchObject({
        status: 400,
        json: { error: "Missing required fields" },
      });
    },
  );

  it.each([null, "wrong", ""])(
    'S0-23, S0-48: POST and GET /admin/providers with the bearer %j answer 401 "Unauthorized" and change nothing',
    async (bearer) => {
      const refused = await legacy("POST", "/admin/providers", { ...provider, name: "intruder" }, bearer);
      expect(refused).toMatchObject({ status: 401 });
      expect(refused.json).toEqual({ error: "Unauthorized" });
      expect((await legacy("GET", "/admin/providers", undefined, bearer)).json).toEqual({
        error: "Unauthorized",
      });
      expect((await legacy("GET", "/admin/providers")).json.providers).not.toContain("intruder");
    },
  );

  it("an unknown type, an unusable name and a body that is no JSON are 400 with a text", async () => {
    for (const body of [
      { ...provider, name: "n", provider_type: "telepathy" },
      { ...provider, name: "../etc" },
      { ...provider, name: 5 },
      "{nonsense",
    ]) {
      const answer = await legacy("POST", "/admin/providers", body);
      expect(answer.status).toBe(400);
      expect(answer.json).toEqual({ error: expect.any(String) });
    }
  });

  it("S2-4: GET /admin/providers answers the names; the admin token opens the door as well", async () => {
    await legacy("POST", "/admin/providers", { ...provider, name: "listed" });
    const { json } = await legacy("GET", "/admin/providers", undefined, adminToken);
    expect(json.providers).toEqual(expect.arrayContaining(["listed", "mock", "openai-up"]));
    expect(Object.keys(json)).toEqual(["providers"]);
  });

  it("a provider that is there gets the new key and keeps the rest", async () => {
    await legacy("POST", "/admin/providers", { ...provider, name: "again" });
    await administer(network, "PATCH", "/admin/v1/providers/again", { body: { concurrency: 7 } });
    expect((await legacy("POST", "/admin/providers", { ...provider, name: "again" })).status).toBe(200);
    expect((await administer(network, "GET", "/admin/v1/providers/again")).json).toMatchObject({
      concurrency: 7,
      has_key: true,
    });
  });

  it("other methods are 405 with a text", async () => {
    const answer = await legacy("DELETE", "/admin/providers");
    expect(answer.status).toBe(405);
    expect(answer.json).toEqual({ error: expect.any(String) });
  });
});

describe("/admin/models of the first generation", () => {
  const model = {
    name: "gpt-5",
    provider: "openai",
    cost_per_1k_tokens: 0.05,
    context_size: 32_000,
    weight: 150,
  };

  it("S2-5, S2-52, S2-24, S2-25, S2-26: a model is added as the document shows it, weight above 100 and a provider that was not added yet included", async () => {
    expect(await legacy("POST", "/admin/models", model)).toMatchObject({
      status: 200,
      json: { message: "Model added successfully" },
    });
    expect((await administer(network, "GET", "/admin/v1/models/gpt-5")).json).toMatchObject({
      provider_id: "openai",
      input_per_1k: 0.05,
      output_per_1k: 0.05,
      max_context_tokens: 32_000,
      weight: 150,
      enabled: true,
      pricing_source: "manual",
    });
    expect((await administer(network, "GET", "/admin/v1/providers/openai")).json).toMatchObject({
      type: "openai",
    });
    const { json } = await legacy("GET", "/admin/models");
    expect(json.models).toContainEqual(model);
  });

  it("S2-27: the same name again changes the model while the gateway runs", async () => {
    const mine = { ...model, name: "mine", provider: "mock" };
    await legacy("POST", "/admin/models", mine);
    await legacy("POST", "/admin/models", { ...mine, weight: 0, context_size: 0 });
    expect((await administer(network, "GET", "/admin/v1/models/mine")).json).toMatchObject({
      weight: 0,
      max_context_tokens: 0,
      version: 2,
    });
    const chat = await fetch(`${network.url}/v1/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${network.apiKey}` },
      body: JSON.stringify({ model: "mine", messages: [{ role: "user", content: "Hello" }] }),
    });
    expect(await chat.json()).toMatchObject({ model: "mine" });
  });

  it("a missing field, a negative weight, a text for a number and an unknown provider are 400; no bearer is 401", async () => {
    const { weight: _, ...incomplete } = model;
    expect((await legacy("POST", "/admin/models", incomplete)).json).toEqual({
      error: "Missing required fields",
    });
    for (const wrong of [{ weight: -1 }, { weight: "150" }, { context_size: 1.5 }, { provider: "nobody" }]) {
      const answer = await legacy("POST", "/admin/models", { ...model, name: "wrong", ...wrong });
      expect(answer.status, JSON.stringify(wrong)).toBe(400);
      expect(answer.json).toEqual({ error: expect.any(String) });
    }
    expect((await administer(network, "GET", "/admin/v1/models/wrong")).status).toBe(404);
    expect((await legacy("POST", "/admin/models", model, null)).json).toEqual({ error: "Unauthorized" });
  });
});
