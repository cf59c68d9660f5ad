import { compose as composeMockLlm } from "@tokenhub/mock-llm";
import { createProviderRepository, openDatabase } from "@tokenhub/persistence";
import { startTestNetwork, until, upstreamKey, type TestNetwork } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { adminEnvironment, administer } from "./admin-client.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
});
afterAll(() => network[Symbol.asyncDispose]());

const admin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  administer(network, method, `/admin/v1${path}`, {
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  });
const key = "sk-sealed-key-of-a-test-9876543210";
const compatible = (id: string, more: object = {}) => ({
  id,
  type: "openai-compatible",
  base_url: network.mock.url,
  ...more,
});
const modelOf = (provider: string, id: string) => ({ id, provider_id: provider, upstream_name: `up-${id}` });
/** As the mock records it. */
const bearerOf = (secret: string) =>
  `Bearer sha256:${createHash("sha256").update(secret).digest("hex").slice(0, 12)}`;
const keysSentFor = (model: string) =>
  network.mock
    .calls()
    .filter((call) => call.model === model)
    .map((call) => call.headers["authorization"]);

describe("/admin/v1/providers", () => {
  it("S1-5, S0-2, S2-28, S2-31, S1d-2: providers are created, read, replaced, changed and removed while the gateway runs; several of one type take part in routing", async () => {
    const created = await admin("POST", "/providers", compatible("live-a", { timeout_ms: 5_000 }));
    expect(created).toMatchObject({
      status: 201,
      etag: '"v1"',
      json: {
        id: "live-a",
        type: "openai-compatible",
        enabled: true,
        base_url: network.mock.url,
        endpoints: [],
        credential_source: "env",
        cred_store: "env",
        has_key: false,
        timeout_ms: 5_000,
        concurrency: 32,
        rate_limit: null,
        headers: {},
        options: {},
        source: "admin",
        version: 1,
      },
    });
    await admin("POST", "/providers", compatible("live-b"));
    await admin("POST", "/models", modelOf("live-a", "on-a"));
    await admin("POST", "/models", modelOf("live-b", "on-b"));
    const [onA, onB] = await Promise.all([ask(network, { model: "on-a" }), ask(network, { model: "on-b" })]);
    expect([onA, onB].map(({ headers }) => headers.get("x-tokenhub-provider"))).toEqual(["live-a", "live-b"]);

    expect((await admin("PATCH", "/providers/live-a", { enabled: false })).json.enabled).toBe(false);
    expect((await ask(network, { model: "on-a" })).json).toMatchObject({
      error: { code: "no_eligible_model" },
    });
    const replaced = await admin("PUT", "/providers/live-a", {
      type: "openai-compatible",
      base_url: `${network.mock.url}/v1/`,
      endpoints: [network.mock.url, "http://127.0.0.1:9/v1"],
      concurrency: 4,
      rate_limit: { requests_per_minute: 600 },
      headers: { "X-Team": "search" },
      options: { completions: "chat" },
    });
    expect(replaced).toMatchObject({
      status: 200,
      etag: '"v3"',
      json: {
        enabled: true,
        base_url: network.mock.url,
        endpoints: [network.mock.url, "http://127.0.0.1:9"],
        timeout_ms: 120_000,
        concurrency: 4,
        rate_limit: { requests_per_minute: 600, tokens_per_minute: null },
        headers: { "X-Team": "search" },
        options: { completions: "chat" },
      },
    });
    expect((await admin("PUT", "/providers/live-a", replaced.json)).etag).toBe('"v3"');

    const deleted = await admin("DELETE", "/providers/live-a");
    expect(deleted).toMatchObject({ status: 200, json: { id: "live-a", deleted: true, models: ["on-a"] } });
    expect((await admin("GET", "/providers/live-a")).status).toBe(404);
    expect((await admin("GET", "/models/on-a")).status).toBe(404);
    expect((await ask(network, { model: "on-a" })).status).toBe(404);
  });

  it.each([
    ["http://host:8000", "http://host:8000"],
    ["http://host:8000/", "http://host:8000"],
    ["http://host:8000/v1", "http://host:8000"],
    ["https://host/openai/v1/", "https://host/openai"],
  ])("S3-78: the address %s is kept as %s", async (given, kept) => {
    const { json } = await admin("POST", "/providers/test", {
      id: "address",
      type: "vllm",
      base_url: given,
    });
    expect(json.ok).toBe(false);
    const id = `address-${given.length}`;
    expect((await admin("POST", "/providers", { id, type: "vllm", base_url: given })).json.base_url).toBe(
      kept,
    );
  });

  it("S1d-1: a key goes to the vault, `env` takes the variables named after the provider, `none` takes none", async () => {
    const escrow = await admin("POST", "/providers", compatible("cred-escrow", { api_key: key }));
    expect(escrow.json).toMatchObject({ credential_source: "escrow", cred_store: "vault", has_key: true });
    const none = await admin("POST", "/providers", compatible("cred-none", { credential_source: "none" }));
    expect(none.json).toMatchObject({ credential_source: "none", has_key: false });
    const env = await admin("POST", "/providers", compatible("cred-env", { cred_store: "env" }));
    expect(env.json).toMatchObject({ credential_source: "env" });
    const both = await admin(
      "POST",
      "/providers",
      compatible("cred-both", { api_key: key, credential_source: "none" }),
    );
    expect(both).toMatchObject({ status: 400, json: { error: { param: "api_key" } } });
  });

  it("S2-29, S2-42, S2-48, S0-3: the key of a provider is sealed, used for its calls, kept when other fields change, and shown nowhere", async () => {
    await admin("POST", "/providers", compatible("sealed", { api_key: key }));
    await admin("POST", "/models", modelOf("sealed", "on-sealed"));
    expect((await ask(network, { model: "on-sealed" })).status).toBe(200);
    expect(keysSentFor("up-on-sealed")).toEqual([bearerOf(key)]);

    await admin("PATCH", "/providers/sealed", { concurrency: 2 });
    expect(
      (await admin("PUT", "/providers/sealed", { ...compatible("sealed"), enabled: true })).json,
    ).toMatchObject({
      has_key: true,
      credential_source: "escrow",
    });
    const audit = await admin("GET", "/providers/sealed");
    expect(audit.text).not.toContain(key);
    expect(network.logLines.join("")).not.toContain(key);
    for (const file of await readdir(network.dataDirectory)) {
      const bytes = await readFile(join(network.dataDirectory, file)).catch(() => Buffer.of());
      expect(bytes.includes(key), file).toBe(false);
    }
    const redis = new Redis(inject("redisUrl"));
    for (const name of await redis.keys(`*${network.redisPrefix}*`)) {
      const dump = await redis.dumpBuffer(name);
      expect(dump?.includes(key) ?? false, name).toBe(false);
    }
    redis.disconnect();
  });

  it("an empty key is none, and null deletes the present one", async () => {
    await admin("POST", "/providers", compatible("cleared", { api_key: key }));
    expect((await admin("PATCH", "/providers/cleared", { api_key: "" })).json.has_key).toBe(true);
    expect((await admin("PATCH", "/providers/cleared", { api_key: null })).json).toMatchObject({
      has_key: false,
      credential_source: "env",
    });
  });

  it("deleting a provider deletes its key with it, also while the vault is locked", async () => {
    for (const isLocked of [false, true]) {
      await admin("POST", "/providers", compatible("forgotten", { api_key: key }));
      if (isLocked) await admin("POST", "/vault/lock");
      expect((await admin("DELETE", "/providers/forgotten")).status).toBe(200);
      if (isLocked)
        await admin("POST", "/vault/unlock", { admin_password: adminEnvironment["TOKENHUB_ADMIN_PASSWORD"] });
      const again = await admin("POST", "/providers", compatible("forgotten"));
      expect(again.json).toMatchObject({ has_key: false });
      await admin("DELETE", "/providers/forgotten");
    }
  });

  it("S2-42: with a locked vault a provider with a key is refused, and neither provider nor audit of a success remains", async () => {
    await admin("POST", "/vault/lock");
    const answer = await admin("POST", "/providers", compatible("half", { api_key: key }));
    expect(answer).toMatchObject({ status: 503, json: { error: { code: "vault_locked" } } });
    expect((await admin("GET", "/providers/half")).status).toBe(404);
    expect((await admin("POST", "/providers", compatible("keyless"))).status).toBe(201);
    await admin("POST", "/vault/unlock", { admin_password: adminEnvironment["TOKENHUB_ADMIN_PASSWORD"] });
    expect((await admin("POST", "/providers", compatible("half", { api_key: key }))).status).toBe(201);
  });

  it("S2-42: a provider that exists already keeps its key when another one is sent for it", async () => {
    await admin("POST", "/providers", compatible("twice", { api_key: key }));
    await admin("POST", "/models", modelOf("twice", "on-twice"));
    const again = await admin("POST", "/providers", compatible("twice", { api_key: "sk-intruder-000000" }));
    expect(again).toMatchObject({ status: 409, json: { error: { code: "already_exists" } } });
    const stale = await admin(
      "PATCH",
      "/providers/twice",
      { api_key: "sk-intruder-000000" },
      { "if-match": '"v9"' },
    );
    expect(stale).toMatchObject({ status: 412, etag: '"v1"' });
    await ask(network, { model: "on-twice" });
    expect(keysSentFor("up-on-twice")).toEqual([bearerOf(key)]);
  });

  it("S2-29: a new key is used by the calls that follow, without a restart", async () => {
    await admin("POST", "/providers", compatible("rekeyed", { api_key: key }));
    await admin("POST", "/models", modelOf("rekeyed", "on-rekeyed"));
    await ask(network, { model: "on-rekeyed" });
    expect(keysSentFor("up-on-rekeyed")).toEqual([bearerOf(key)]);
    await admin("PATCH", "/providers/rekeyed", { api_key: "sk-second-key-11111111" });
    await until("a call with the new key", async () => {
      await ask(network, { model: "on-rekeyed" });
      return keysSentFor("up-on-rekeyed").at(-1) === bearerOf("sk-second-key-11111111");
    });
  });

  it.each([
    [{ type: "telepathy" }, "type"],
    [{ base_url: "ftp://host" }, "base_url"],
    [{ base_url: "http://user:pass@host" }, "base_url"],
    [{ base_url: null }, "base_url"],
    [{ base_url: 5 }, "base_url"],
    [{ endpoints: ["nowhere"] }, "endpoints.0"],
    [{ enabled: 1 }, "enabled"],
    [{ timeout_ms: 0 }, "timeout_ms"],
    [{ concurrency: "4" }, "concurrency"],
    [{ headers: { authorization: "Bearer x" } }, "headers"],
    [{ headers: { "x-a": "b\r\nc: d" } }, "headers.x-a"],
    [{ options: { endpoints: "http://x" } }, "options"],
    [{ credential_source: "vault" }, "credential_source"],
    [{ rate_limit: { requests_per_minute: 0 } }, "rate_limit.requests_per_minute"],
    [{ id: "other" }, null],
    [{ colour: "red" }, null],
  ])("a change to %j is a 400, and the provider stays as it was", async (body, param) => {
    await admin("POST", "/providers", compatible("strict"));
    const before = await admin("GET", "/providers/strict");
    const answer = await admin("PATCH", "/providers/strict", body);
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "invalid_request", param } } });
    expect((await admin("GET", "/providers/strict")).json).toEqual(before.json);
  });

  it.each(["", "a b", "../etc", "-a", "ä", "x".repeat(65), "validate", "test"])(
    "an id of %j is a 400",
    async (id) => {
      expect(await admin("POST", "/providers", { id, type: "mock" })).toMatchObject({
        status: 400,
        json: { error: { param: "id" } },
      });
    },
  );

  it("an unknown id is a 404 for every method, and nothing is created", async () => {
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["PUT", "", { type: "mock" }],
      ["PATCH", "", { enabled: true }],
      ["DELETE", "", undefined],
      ["POST", "/test", {}],
      ["GET", "/discover", undefined],
      ["POST", "/validate-key", {}],
    ] as const) {
      const answer = await admin(method, `/providers/no-such${path}`, body);
      expect(answer, method + path).toMatchObject({ status: 404, json: { error: { code: "not_found" } } });
    }
    expect((await admin("GET", "/providers?text=no-such")).json.total).toBe(0);
  });

  it("S3-75, S3-76: lists are pages filtered by type, enabled, source and text; the types a provider may have are listed too", async () => {
    const list = await admin("GET", "/providers?type=anthropic&source=config");
    expect(list.json).toMatchObject({ total: 1, limit: 100, offset: 0 });
    expect(list.json.items[0]).toMatchObject({ id: "anthropic-up", has_key: expect.any(Boolean) });
    const sorted = await admin("GET", "/providers?source=config&sort=-id&limit=2");
    expect(sorted.json.items.map((item: { id: string }) => item.id)).toEqual(["spare", "openai-up"]);
    const types = await admin("GET", "/provider-types");
    expect(types.json.items).toEqual(expect.arrayContaining(["openai", "anthropic", "vllm", "mock"]));
  });
});

describe("trying a provider out", () => {
  it("tells whether it can be reached and takes the key, before anything is saved", async () => {
    const draft = compatible("draft", { api_key: upstreamKey });
    expect((await admin("POST", "/providers/test", draft)).json).toMatchObject({ ok: true });
    const closed = await admin("POST", "/providers/test", { ...draft, base_url: "http://127.0.0.1:9" });
    expect(closed.json).toMatchObject({ ok: false, cause: "refused" });
    expect((await admin("GET", "/providers/draft")).status).toBe(404);
  });

  it("with ?test=true nothing is saved unless the test succeeds, and the answer says what to look at", async () => {
    const bad = await admin("POST", "/providers?test=true", {
      ...compatible("tested", { api_key: key }),
      base_url: "http://127.0.0.1:9",
    });
    expect(bad).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request", param: "base_url" } },
    });
    expect(bad.json.error.message).toContain("connection refused");
    expect(bad.text).not.toContain(key);
    expect((await admin("GET", "/providers/tested")).status).toBe(404);

    const good = await admin("POST", "/providers?test=true", compatible("tested", { api_key: key }));
    expect(good).toMatchObject({ status: 201, json: { test: { ok: true } } });
    const change = await admin("PATCH", "/providers/tested?test=true", { base_url: "http://127.0.0.1:9" });
    expect(change.status).toBe(400);
    expect((await admin("GET", "/providers/tested")).json).toMatchObject({
      base_url: network.mock.url,
      version: 1,
    });
  });

  it("of a stored provider uses its key and whatever the body changes", async () => {
    await admin("POST", "/providers", compatible("stored", { api_key: key }));
    expect((await admin("POST", "/providers/stored/test")).json).toMatchObject({ ok: true });
    const changed = await admin("POST", "/providers/stored/test", { base_url: "http://127.0.0.1:9" });
    expect(changed.json).toMatchObject({ ok: false, cause: "refused" });
  });

  it("S2-30: each key is checked at its provider, all of them at once as a map from id to true or false", async () => {
    await admin("POST", "/providers", { id: "local-mock", type: "mock", api_key: "anything" });
    await admin("POST", "/providers", {
      id: "closed",
      type: "openai-compatible",
      base_url: "http://127.0.0.1:9",
      api_key: "sk-nobody-listens",
    });
    expect((await admin("POST", "/providers/local-mock/validate-key")).json).toMatchObject({ valid: true });
    expect((await admin("POST", "/providers/closed/validate-key")).json).toMatchObject({ valid: null });
    const all = await admin("POST", "/providers/validate");
    expect(all.json).toMatchObject({ "local-mock": true, closed: false, mock: true });
  });
});

it("S1d-2: a provider that states no address has the one of the environment", async () => {
  await using mock = await composeMockLlm({ port: 0, shutdownGraceMs: 0 });
  await using network = await startTestNetwork({
    redisUrl: inject("redisUrl"),
    env: { ...adminEnvironment, TOKENHUB_GPU_ROOM_BASE_URL: `${mock.url}/v1/` },
  });
  const call = (method: string, path: string, body?: unknown) =>
    administer(network, method, `/admin/v1${path}`, body === undefined ? {} : { body });
  const type = "openai-compatible";
  expect(await call("POST", "/providers", { id: "other-room", type })).toMatchObject({ status: 400 });
  expect(await call("POST", "/providers/test", { id: "gpu-room", type })).toMatchObject({
    json: { ok: true },
  });
  const created = await call("POST", "/providers", { id: "gpu-room", type });
  expect(created).toMatchObject({ status: 201, json: { base_url: mock.url } });
  expect(await call("POST", "/providers/gpu-room/test", {})).toMatchObject({ json: { ok: true } });
  await call("POST", "/models", modelOf("gpu-room", "far"));
  expect((await ask(network, { model: "far" })).status).toBe(200);
  expect(mock.calls().filter(({ model }) => model === "up-far")).toHaveLength(1);

  // What was read can be sent back, and still leaves the address to the environment.
  const { json: read } = await call("GET", "/providers/gpu-room");
  expect((await call("PUT", "/providers/gpu-room", read)).json.base_url).toBe(mock.url);
  await using database = await openDatabase({
    kind: "sqlite",
    path: join(network.dataDirectory, "tokenhub.db"),
  });
  const stored = await createProviderRepository(database.db).get("gpu-room");
  expect(stored?.entry.baseUrl).toBeNull();

  // A body that states an address wins.
  const own = await call("PATCH", "/providers/gpu-room", { base_url: network.mock.url });
  expect(own.json.base_url).toBe(network.mock.url);
  expect((await ask(network, { model: "far" })).status).toBe(200);
  expect(network.mock.calls().filter(({ model }) => model === "up-far")).toHaveLength(1);
});
