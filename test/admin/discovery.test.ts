import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { adminEnvironment, administer } from "./admin-client.ts";

let network: TestNetwork;
let upstream: Server;
let upstreamUrl: string;
let list: { status: number; body: unknown };

beforeAll(async () => {
  upstream = createServer((request, response) => {
    response.statusCode = request.headers.authorization === "Bearer sk-list" ? list.status : 401;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(response.statusCode === 401 ? { error: { message: "no" } } : list.body));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
});
afterAll(async () => {
  upstream.close();
  await network[Symbol.asyncDispose]();
});

const admin = (method: string, path: string, body?: unknown) =>
  administer(network, method, `/admin/v1${path}`, body === undefined ? {} : { body });
const modelsOf = (...ids: string[]) => ({
  status: 200,
  body: { data: ids.map((id) => ({ id, owned_by: "acme", max_model_len: 16_384 })) },
});
const provider = (id: string, api_key = "sk-list") => ({
  id,
  type: "openai-compatible",
  base_url: upstreamUrl,
  api_key,
});

describe("/admin/v1/providers/{id}/discover", () => {
  it("lists what the provider has, and which of it is registered", async () => {
    list = modelsOf("acme/one", "acme/two");
    await admin("POST", "/providers", provider("lister"));
    await admin("POST", "/models", { id: "mine", provider_id: "lister", upstream_name: "acme/two" });
    expect((await admin("GET", "/providers/lister/discover")).json).toEqual({
      provider_id: "lister",
      models: [
        { id: "acme/one", owned_by: "acme", max_context_tokens: 16_384, registered: false },
        { id: "acme/two", owned_by: "acme", max_context_tokens: 16_384, registered: true },
      ],
      total: 2,
      is_complete: true,
    });
  });

  it("registers what is missing with the weight asked for, enabled and usable; a second time changes nothing", async () => {
    list = modelsOf("new/one", "new/two");
    await admin("POST", "/providers", provider("register"));
    const first = await admin("POST", "/providers/register/discover", { register: true, weight: 4 });
    expect(first.json).toMatchObject({ registered: ["new/one", "new/two"], already_registered: 0 });
    expect((await admin("GET", "/models/new/one")).json).toMatchObject({
      provider_id: "register",
      upstream_name: "new/one",
      weight: 4,
      enabled: true,
      max_context_tokens: 16_384,
      context_source: "provider",
      input_per_1k: null,
    });
    const { catalogueVersion: _, ...before } = (await admin("GET", "/models?provider=register")).json;
    const second = await admin("POST", "/providers/register/discover", { register: true, weight: 9 });
    expect(second.json).toMatchObject({ registered: [], already_registered: 2 });
    expect((await admin("GET", "/models?provider=register")).json).toEqual(before);
  });

  it("never overwrites what an administrator edited or disabled", async () => {
    list = modelsOf("kept/one");
    await admin("POST", "/providers", provider("keeper"));
    await admin("POST", "/providers/keeper/discover", { register: true });
    await admin("PATCH", "/models/kept/one", { weight: 77, enabled: false, max_context_tokens: 1_000 });
    await admin("POST", "/providers/keeper/discover", { register: true, weight: 1 });
    expect((await admin("GET", "/models/kept/one")).json).toMatchObject({
      weight: 77,
      enabled: false,
      max_context_tokens: 1_000,
      context_source: "manual",
    });
  });

  it("only the models that are named are registered, and unknown names are told", async () => {
    list = modelsOf("some/one", "some/two");
    await admin("POST", "/providers", provider("chooser"));
    const { json } = await admin("POST", "/providers/chooser/discover", {
      register: true,
      models: ["some/two", "some/three"],
    });
    expect(json).toMatchObject({ registered: ["some/two"], not_found: ["some/three"] });
  });

  it("a name that another provider's model has is registered with the provider in front, and both are reached", async () => {
    list = modelsOf("gpt-test");
    await admin("POST", "/providers", provider("second"));
    const { json } = await admin("POST", "/providers/second/discover", { register: true });
    expect(json.registered).toEqual(["second/gpt-test"]);
    const answer = await ask(network, { model: "gpt-test" });
    expect([answer.status, answer.headers.get("x-tokenhub-provider")]).toEqual([200, "openai-up"]);
  });

  it("a provider that refuses the key, fails or answers nonsense is an error of the provider, and nothing is registered", async () => {
    await admin("POST", "/providers", provider("refusing", "sk-wrong"));
    expect(await admin("GET", "/providers/refusing/discover")).toMatchObject({
      status: 502,
      json: { error: { code: "provider_auth_failed" } },
    });
    await admin("POST", "/providers", provider("failing"));
    list = { status: 500, body: { error: { message: "sk-list leaked" } } };
    const failed = await admin("POST", "/providers/failing/discover", { register: true });
    expect(failed.status).toBe(502);
    expect(failed.text).not.toContain("sk-list");
    list = { status: 200, body: { hello: "world" } };
    expect(await admin("POST", "/providers/failing/discover", { register: true })).toMatchObject({
      status: 502,
      json: { error: { code: "provider_bad_response" } },
    });
    expect((await admin("GET", "/models?provider=failing")).json.total).toBe(0);
  });
});
