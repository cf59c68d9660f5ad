import type { Gateway } from "@tokenhub/gateway";
import { freePort, until } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  findPostgres,
  startPostgres,
  type PostgresServer,
} from "../../packages/persistence/src/testing/start-postgres.ts";
import { ask } from "../lifecycle/ask.ts";
import { openSite, type Site } from "../lifecycle/site.ts";
import { adminEnvironment, administer } from "./admin-client.ts";

const binaries = await findPostgres();
if (binaries === null) console.warn("no PostgreSQL on this machine: changes across gateways are not tested");

describe.skipIf(binaries === null)("two gateways on one PostgreSQL", () => {
  let server: PostgresServer;
  let site: Site;
  let first: Gateway;
  let second: Gateway;
  beforeAll(async () => {
    if (binaries === null) return;
    server = await startPostgres(binaries);
    site = await openSite({
      redisUrl: inject("redisUrl"),
      databaseUrl: await server.createDatabase(),
      env: { ...adminEnvironment },
    });
    first = await site.startGateway();
    second = await site.startGateway();
    await site.startRouter();
    await site.startProviderWorker();
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  it("S2-27, S1d-39: a model that one gateway adds is served and listed by the other at once", async () => {
    const body = { id: "across", provider_id: "openai-up", upstream_name: "up-across" };
    expect((await administer(first, "POST", "/admin/v1/models", { body })).status).toBe(201);
    await until("the other gateway to know the model", async () => {
      return (await ask(second, { model: "across" })).status === 200;
    });
    expect((await administer(second, "GET", "/admin/v1/models/across")).status).toBe(200);
  });

  it("S1-21: routing defaults that one gateway saves are in force at the other at once", async () => {
    const body = { default_strategy: "highest_weight" };
    await administer(first, "PATCH", "/admin/v1/routing-config", { body });
    await until("the other gateway to follow", async () => {
      return (await ask(second, {})).headers.get("x-tokenhub-model") === "claude-test";
    });
    expect((await administer(second, "GET", "/admin/v1/routing-config")).json).toMatchObject(body);
  });

  it("changes of one model by both at the same time: exactly one wins with each version, none is lost", async () => {
    const body = { id: "contended", provider_id: "openai-up" };
    await administer(first, "POST", "/admin/v1/models", { body });
    const answers = await Promise.all(
      [first, second, first, second].map((gateway, index) =>
        administer(gateway, "PATCH", "/admin/v1/models/contended", {
          body: { weight: index + 10 },
          headers: { "if-match": '"v1"' },
        }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412, 412, 412]);
    const unconditional = await Promise.all(
      [first, second, first, second].map((gateway, index) =>
        administer(gateway, "PATCH", "/admin/v1/models/contended", { body: { weight: index + 20 } }),
      ),
    );
    expect(unconditional.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await administer(first, "GET", "/admin/v1/models/contended")).json.version).toBe(6);
  });

  it("a key that one gateway seals and the other replaces is the one that is used", async () => {
    const body = {
      id: "shared-key",
      type: "openai-compatible",
      base_url: site.mock.url,
      api_key: "sk-first-0000",
    };
    expect((await administer(first, "POST", "/admin/v1/providers", { body })).status).toBe(201);
    const change = { body: { api_key: "sk-second-1111" } };
    expect((await administer(second, "PATCH", "/admin/v1/providers/shared-key", change)).status).toBe(200);
    expect((await administer(first, "POST", "/admin/v1/providers/shared-key/test")).json.ok).toBe(true);
    expect((await administer(first, "DELETE", "/admin/v1/providers/shared-key")).status).toBe(200);
    expect((await administer(second, "GET", "/admin/v1/providers/shared-key")).status).toBe(404);
  });
});

describe("a gateway that starts again", () => {
  it("S1-19, S1-20, S1-21: providers, models, aliases and routing defaults survive a restart on SQLite, with their keys", async () => {
    await using site = await openSite({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
    const gateway = await site.startAll();
    const provider = { id: "kept", type: "openai-compatible", base_url: site.mock.url };
    const withKey = { ...provider, id: "kept-key", api_key: "sk-kept-0000" };
    for (const body of [provider, withKey])
      await administer(gateway, "POST", "/admin/v1/providers", { body });
    await administer(gateway, "POST", "/admin/v1/models", {
      body: { id: "kept-model", provider_id: "kept", weight: 12, cost_per_1k: 0.001 },
    });
    await administer(gateway, "PUT", "/admin/v1/aliases/kept-alias", {
      body: { variants: [{ model_id: "kept-model" }] },
    });
    await administer(gateway, "PATCH", "/admin/v1/routing-config", { body: { default_max_budget_usd: 2 } });
    await gateway[Symbol.asyncDispose]();

    const next = await site.startGateway();
    expect((await administer(next, "GET", "/admin/v1/providers/kept-key")).json).toMatchObject({
      has_key: true,
    });
    expect((await administer(next, "POST", "/admin/v1/providers/kept-key/test")).json).toMatchObject({
      ok: true,
    });
    expect((await administer(next, "GET", "/admin/v1/models/kept-model")).json).toMatchObject({ weight: 12 });
    expect((await administer(next, "GET", "/admin/v1/routing-config")).json).toMatchObject({
      default_max_budget_usd: 2,
      sources: { default_max_budget_usd: "admin" },
    });
    const answer = await ask(next, { model: "kept-alias" });
    expect(answer.headers.get("x-tokenhub-provider")).toBe("kept");
  });

  it("C11: what the environment says of routing wins over what was saved, and cannot be changed here", async () => {
    await using site = await openSite({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
    const before = await site.startGateway();
    await administer(before, "PATCH", "/admin/v1/routing-config", { body: { default_mode: "planning" } });
    await before[Symbol.asyncDispose]();

    const port = String(await freePort());
    await using _gateway = await site.startProcess("gateway", {
      TOKENHUB_DEFAULT_MODE: "cheap",
      TOKENHUB_PORT: port,
    });
    const at = { url: `http://127.0.0.1:${port}` };
    const config = await administer(at, "GET", "/admin/v1/routing-config");
    expect(config.json).toMatchObject({ default_mode: "cheap", sources: { default_mode: "environment" } });
    expect(
      await administer(at, "PATCH", "/admin/v1/routing-config", { body: { default_mode: "normal" } }),
    ).toMatchObject({ status: 409, json: { error: { code: "conflict", param: "default_mode" } } });
    expect(
      (await administer(at, "PATCH", "/admin/v1/routing-config", { body: { default_max_budget_usd: 1 } }))
        .status,
    ).toBe(200);
  });
});
