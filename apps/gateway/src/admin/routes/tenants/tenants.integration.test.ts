import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { buildFact } from "@tokenhub/persistence/testing";
import { openAccessSite } from "../access-site.fixture.ts";

const clock = { nowMs: Date.UTC(2026, 10, 15, 12) };
let site: Awaited<ReturnType<typeof openAccessSite>>;
beforeAll(async () => {
  site = await openAccessSite(inject("redisUrl"), clock);
});
afterAll(() => site[Symbol.asyncDispose]());

describe.each(["tenants", "projects"])("/admin/v1/%s", (kind) => {
  const path = `/${kind}`;

  it("S1-5: creates, reads, replaces, changes and deletes", async () => {
    const created = await site.call("POST", path, {
      body: { id: `${kind}-1`, name: "One", monthly_budget_usd: 5 },
    });
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toBe(`/admin/v1/${kind}/${kind}-1`);
    expect(created.body).toMatchObject({
      id: `${kind}-1`,
      name: "One",
      enabled: true,
      monthly_budget_usd: 5,
      current_spend_usd: 0,
    });
    const at = `${path}/${kind}-1`;
    expect((await site.call("GET", at)).body).toEqual(created.body);
    const patched = await site.call("PATCH", at, { body: { enabled: false } });
    expect(patched.body).toMatchObject({ name: "One", enabled: false, monthly_budget_usd: 5 });
    expect(patched.headers.get("etag")).toBe('"v2"');
    const replaced = await site.call("PUT", at, { body: { name: "Two" } });
    expect(replaced.body).toMatchObject({ name: "Two", enabled: true, monthly_budget_usd: null });
    const stale = await site.call("PATCH", at, { body: { name: "Three" }, headers: { "if-match": '"v1"' } });
    expect(stale.status).toBe(412);
    expect((await site.call("DELETE", at)).status).toBe(200);
    expect((await site.call("GET", at)).status).toBe(404);
  });

  it("S1-5: makes up an id, and refuses one that is taken or unusable", async () => {
    const { body } = await site.call("POST", path, { body: { name: "Anonymous coward" } });
    expect(body.id).toMatch(/^(?:ten|prj)_[0-9a-f]{32}$/);
    expect((await site.call("POST", path, { body: { name: "Again", id: body.id } })).status).toBe(409);
    expect((await site.call("POST", path, { body: { name: "Bad", id: "a/b" } })).status).toBe(400);
    expect((await site.call("POST", path, { body: { name: "Bad", unknown: 1 } })).status).toBe(400);
    expect(
      (await site.call("PATCH", `${path}/${body.id}`, { body: { monthly_budget_usd: -1 } })).status,
    ).toBe(400);
  });

  it("S1-5: lists in pages with a total and filters", async () => {
    for (const name of ["findme b", "findme a"]) await site.call("POST", path, { body: { name } });
    const { body } = await site.call("GET", `${path}?q=FINDME&sort=name&limit=1`);
    expect(body).toMatchObject({ total: 2, limit: 1, offset: 0, items: [{ name: "findme a" }] });
  });

  it.each(["GET", "PUT", "PATCH", "DELETE"])("S1-5: %s of an unknown id is 404", async (method) => {
    const body = method === "GET" || method === "DELETE" ? {} : { body: { name: "x" } };
    expect((await site.call(method, `${path}/nobody`, body)).status).toBe(404);
  });

  it("S1-5: one with keys cannot be deleted: 409, and the keys stay in force", async () => {
    const { body } = await site.call("POST", path, { body: { name: "Owner" } });
    const owner = kind === "tenants" ? { tenant_id: body.id } : { project_id: body.id };
    const { body: key } = await site.call("POST", "/apikeys", { body: { name: "k", ...owner } });
    expect(await site.call("DELETE", `${path}/${body.id}`)).toMatchObject({
      status: 409,
      body: { error: { code: "conflict", message: expect.stringContaining("API keys") } },
    });
    expect(site.directory.lookup.find(site.hasher.hash(key.key), 0)).not.toBeNull();
    await site.call("DELETE", `/apikeys/${key.id}`);
    expect((await site.call("DELETE", `${path}/${body.id}`)).status).toBe(200);
  });

  it("S1-5: every change is in the audit log, in the transaction that made it", async () => {
    const { body } = await site.call("POST", path, { body: { name: "Audited" } });
    await site.call("PATCH", `${path}/${body.id}`, { body: { name: "Renamed" } });
    await site.call("DELETE", `${path}/${body.id}`);
    const rows = (await site.audit()).filter(({ resourceId }) => resourceId === body.id).toReversed();
    const noun = kind.slice(0, -1);
    expect(rows.map(({ action }) => action)).toEqual([`${noun}.create`, `${noun}.update`, `${noun}.delete`]);
  });

  it("S1-5: shows what was spent this calendar month", async () => {
    const { body } = await site.call("POST", path, { body: { name: "Spender" } });
    const owner = kind === "tenants" ? { tenantId: body.id } : { projectId: body.id };
    const acceptedAtMs = Date.UTC(2026, 10, 1);
    const number = kind === "tenants" ? 101 : 102;
    await site.record([buildFact(number, { acceptedAtMs, ...owner, result: { costUsd: 1.5 } })]);
    expect((await site.call("GET", `${path}/${body.id}`)).body.current_spend_usd).toBe(1.5);
    const { items } = (await site.call("GET", `${path}?limit=1000`)).body;
    expect(items.find((item: { id: string }) => item.id === body.id).current_spend_usd).toBe(1.5);
  });
});

describe("tenants", () => {
  it.each(["default", "anonymous"])(
    "S1-5: the tenant %s belongs to every installation and stays",
    async (id) => {
      expect((await site.call("DELETE", `/tenants/${id}`)).status).toBe(409);
      expect((await site.call("GET", `/tenants/${id}`)).status).toBe(200);
    },
  );

  it("S1-5: one with projects cannot be deleted", async () => {
    await site.call("POST", "/tenants", { body: { id: "with-project", name: "T" } });
    await site.call("POST", "/projects", { body: { name: "P", tenant_id: "with-project" } });
    expect((await site.call("DELETE", "/tenants/with-project")).status).toBe(409);
  });

  it("S1-5: a rate of its own is kept, and 0, -1 and null take it away", async () => {
    const { body } = await site.call("POST", "/tenants", { body: { name: "Fast", rate_limit_rps: 50 } });
    expect(body.rate_limit_rps).toBe(50);
    expect(site.directory.lookup.tenant(body.id)?.requestsPerSecond).toBe(50);
    for (const rate_limit_rps of [0, -1, null]) {
      await site.call("PATCH", `/tenants/${body.id}`, { body: { rate_limit_rps: 50 } });
      const { body: changed } = await site.call("PATCH", `/tenants/${body.id}`, { body: { rate_limit_rps } });
      expect(changed.rate_limit_rps).toBeNull();
    }
  });
});

describe("projects", () => {
  it("S1-5: belong to a tenant that must exist, and stay there", async () => {
    const answer = await site.call("POST", "/projects", { body: { name: "P", tenant_id: "nobody" } });
    expect(answer.body.error.param).toBe("tenant_id");
    const { body } = await site.call("POST", "/projects", { body: { name: "P" } });
    expect(body.tenant_id).toBe("default");
    expect(
      (await site.call("PATCH", `/projects/${body.id}`, { body: { tenant_id: "anonymous" } })).status,
    ).toBe(400);
  });
});

it("S1-5: a tenant's number of requests at once is set, shown, in force at once, and taken back", async () => {
  const { body } = await site.call("POST", "/tenants", {
    body: { name: "Crowd", max_concurrent_requests: 4 },
  });
  expect(body).toMatchObject({ max_concurrent_requests: 4, rate_limit_rps: null });
  const inForce = () => site.directory.lookup.tenant(body.id)?.concurrentRequests;
  expect(inForce()).toBe(4);
  const at = `/tenants/${body.id}`;
  await site.call("PATCH", at, { body: { rate_limit_rps: 2 } });
  expect((await site.call("GET", at)).body).toMatchObject({ max_concurrent_requests: 4, rate_limit_rps: 2 });
  await site.call("PATCH", at, { body: { max_concurrent_requests: 0 } });
  expect(inForce()).toBeNull();
  await site.call("PATCH", at, { body: { max_concurrent_requests: 1 } });
  expect((await site.call("PUT", at, { body: { name: "Crowd" } })).body).toMatchObject({
    max_concurrent_requests: null,
  });
  expect((await site.call("PATCH", at, { body: { max_concurrent_requests: "4" } })).status).toBe(400);
});
