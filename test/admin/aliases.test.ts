import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
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
const one = (model_id: string) => ({ variants: [{ model_id, weight: 1 }] });

describe("/admin/v1/aliases", () => {
  it("S1-5: an alias is created, read, replaced, changed and removed, and requests follow at once", async () => {
    const created = await admin("POST", "/aliases", { name: "a-life", ...one("gpt-test") });
    expect(created).toMatchObject({
      status: 201,
      etag: '"v1"',
      json: {
        name: "a-life",
        enabled: true,
        sticky_by: "request",
        variants: [{ model_id: "gpt-test", weight: 1 }],
      },
    });
    const answer = await ask(network, { model: "a-life" });
    expect(answer.headers.get("x-tokenhub-model")).toBe("gpt-test");
    expect(answer.headers.get("x-tokenhub-reason")).toBe("alias:a-life");

    const replaced = await admin("PUT", "/aliases/a-life", {
      ...one("spare-test"),
      sticky_by: "round_robin",
    });
    expect(replaced).toMatchObject({ status: 200, etag: '"v2"', json: { sticky_by: "round_robin" } });
    expect((await admin("PATCH", "/aliases/a-life", { enabled: false })).json).toMatchObject({
      enabled: false,
      sticky_by: "round_robin",
      variants: [{ model_id: "spare-test", weight: 1 }],
    });
    expect((await ask(network, { model: "a-life" })).status).toBe(404);
    expect((await admin("GET", "/aliases/a-life")).json.version).toBe(3);
    expect((await admin("DELETE", "/aliases/a-life")).status).toBe(200);
    expect((await admin("GET", "/aliases/a-life")).status).toBe(404);
  });

  it("PUT makes an alias that is not there and says so with 201; with If-Match it does not", async () => {
    expect((await admin("PUT", "/aliases/team/fast", one("gpt-test"))).status).toBe(201);
    expect((await admin("PUT", "/aliases/team/fast", one("gpt-test"))).status).toBe(200);
    expect((await ask(network, { model: "team/fast" })).headers.get("x-tokenhub-model")).toBe("gpt-test");
    expect((await admin("PUT", "/aliases/ghost", one("gpt-test"), { "if-match": '"v1"' })).status).toBe(404);
    expect((await admin("GET", "/aliases/ghost")).status).toBe(404);
  });

  it("what was read can be sent back; a stale version is a 412", async () => {
    await admin("POST", "/aliases", { name: "a-round", ...one("gpt-test") });
    const read = await admin("GET", "/aliases/a-round");
    expect((await admin("PUT", "/aliases/a-round", read.json, { "if-match": '"v1"' })).etag).toBe('"v1"');
    await admin("PATCH", "/aliases/a-round", { enabled: false });
    expect(await admin("PATCH", "/aliases/a-round", { enabled: true }, { "if-match": '"v1"' })).toMatchObject(
      {
        status: 412,
        etag: '"v2"',
        json: { error: { code: "version_mismatch" } },
      },
    );
  });

  it.each([
    [{ variants: [] }, "variants"],
    [{ variants: [{ model_id: "nobody" }] }, "variants.0.model_id"],
    [{ variants: [{ model_id: "gpt-test", weight: 0 }] }, "variants.0.weight"],
    [{ variants: [{ model_id: "gpt-test" }, { model_id: "gpt-test" }] }, "variants"],
    [{ variants: "gpt-test" }, "variants"],
    [{ sticky_by: "cookie" }, "sticky_by"],
    [{ enabled: null }, "enabled"],
    [{ name: "other" }, null],
  ])("a change to %j is a 400, and the alias stays as it was", async (body, param) => {
    await admin("PUT", "/aliases/a-strict", one("gpt-test"));
    const before = await admin("GET", "/aliases/a-strict");
    expect(await admin("PATCH", "/aliases/a-strict", body)).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request", param } },
    });
    expect((await admin("GET", "/aliases/a-strict")).json).toEqual(before.json);
  });

  it("an alias of a model that is gone can still be changed, but nobody names an unknown model anew", async () => {
    await admin("POST", "/models", { id: "a-gone", provider_id: "spare" });
    await admin("POST", "/aliases", {
      name: "a-orphan",
      variants: [{ model_id: "a-gone" }, { model_id: "gpt-test" }],
    });
    await admin("DELETE", "/models/a-gone");
    expect((await admin("PATCH", "/aliases/a-orphan", { sticky_by: "api_key" })).status).toBe(200);
    expect((await ask(network, { model: "a-orphan" })).headers.get("x-tokenhub-model")).toBe("gpt-test");
  });

  it("an alias that a model outranks is made, with a warning", async () => {
    const { json } = await admin("PUT", "/aliases/gpt-test", one("spare-test"));
    expect(json.warnings?.[0]).toContain("gpt-test");
    expect((await ask(network, { model: "gpt-test" })).headers.get("x-tokenhub-model")).toBe("gpt-test");
    await admin("DELETE", "/aliases/gpt-test");
  });

  it("an unknown name is a 404 and a name taken a 409; lists are filtered by model and text", async () => {
    for (const [method, body] of [
      ["GET", undefined],
      ["PATCH", { enabled: true }],
      ["DELETE", undefined],
    ] as const)
      expect((await admin(method, "/aliases/no-such", body)).status, method).toBe(404);
    await admin("POST", "/aliases", { name: "a-list", ...one("embed-test") });
    expect((await admin("POST", "/aliases", { name: "a-list", ...one("gpt-test") })).status).toBe(409);
    expect((await admin("GET", "/aliases?model=embed-test")).json).toMatchObject({
      total: 1,
      items: [{ name: "a-list" }],
    });
    expect((await admin("GET", "/aliases?text=A-LIST")).json.total).toBe(1);
  });
});
