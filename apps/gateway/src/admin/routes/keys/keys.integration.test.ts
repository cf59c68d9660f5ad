import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { buildFact } from "@tokenhub/persistence/testing";
import { openAccessSite, type AdminAnswer } from "../access-site.fixture.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const clock = { nowMs: Date.UTC(2026, 10, 15, 12) };
let site: Awaited<ReturnType<typeof openAccessSite>>;
beforeAll(async () => {
  site = await openAccessSite(inject("redisUrl"), clock);
});
afterAll(() => site[Symbol.asyncDispose]());

const create = (body: Record<string, unknown> = {}): Promise<AdminAnswer> =>
  site.call("POST", "/apikeys", { body: { name: "a key", ...body } });
const read = (id: string): Promise<AdminAnswer> => site.call("GET", `/apikeys/${id}`);
const patch = (id: string, body: unknown, headers: Record<string, string> = {}): Promise<AdminAnswer> =>
  site.call("PATCH", `/apikeys/${id}`, { body, headers });
const isKnown = (secret: string): boolean =>
  site.directory.lookup.find(site.hasher.hash(secret), clock.nowMs) !== null;

describe("POST /admin/v1/apikeys", () => {
  it("S1-5, S3-92: creates a key and shows its secret once; the key works at once", async () => {
    const { status, body, headers } = await create();
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ok: true,
      name: "a key",
      tenant_id: "default",
      project_id: null,
      scopes: ["chat", "plan"],
      allowed_models: null,
      enabled: true,
      status: "active",
      expires_at: null,
      rotation_days: null,
      monthly_budget_usd: null,
      current_spend_usd: 0,
      rate_limit_rps: null,
      created_at: "2026-11-15T12:00:00.000Z",
      last_used_at: null,
    });
    expect(body.key).toMatch(/^tokenhub_[0-9a-f]{64}$/);
    expect(body.key_prefix).toBe(body.key.slice(0, 17));
    expect(body.prefix).toBe(body.key_prefix);
    expect(body.id).toMatch(/^key_[0-9a-f]{32}$/);
    expect(body.key).not.toContain(body.id.slice(4, 20));
    expect(body.warning).toContain("only once");
    expect(headers.get("location")).toBe(`/admin/v1/apikeys/${body.id}`);
    expect(headers.get("etag")).toBe('"v1"');
    expect(isKnown(body.key)).toBe(true);

    const later = JSON.stringify([(await read(body.id)).body, (await site.call("GET", "/apikeys")).body]);
    expect(later).not.toContain(body.key);
    expect(later).not.toContain(site.hasher.hash(body.key));
  });

  it.each([
    [{ scopes: ["embeddings"] }, { scopes: ["embeddings"] }],
    [{ scopes: '["chat"]' }, { scopes: ["chat"] }],
    [{ scopes: [] }, { scopes: [] }],
    [{ scopes: "[]" }, { scopes: [] }],
    [{ expires_in: "720h" }, { expires_at: "2026-12-15T12:00:00.000Z" }],
    [{ expires_in: "1h30m" }, { expires_at: "2026-11-15T13:30:00.000Z" }],
    [{ expires_in: "PT1H30M" }, { expires_at: "2026-11-15T13:30:00.000Z" }],
    [{ expires_in: "P30D" }, { expires_at: "2026-12-15T12:00:00.000Z" }],
    [{ expires_at: "2027-01-01T00:00:00+01:00" }, { expires_at: "2026-12-31T23:00:00.000Z" }],
    [{ expires_at: null }, { expires_at: null }],
    [{ rotation_days: 30 }, { rotation_days: 30, rotation_due_at: "2026-12-15T12:00:00.000Z" }],
    [{ rotation_days: 0 }, { rotation_days: null, rotation_due_at: null }],
    [{ monthly_budget_usd: 12.5 }, { monthly_budget_usd: 12.5 }],
    [{ monthly_budget_usd: 0 }, { monthly_budget_usd: null }],
    [{ rate_limit_rps: 5 }, { rate_limit_rps: 5 }],
    [{ rate_limit_rps: 0.5 }, { rate_limit_rps: 0.5 }],
    [{ rate_limit_rps: -1 }, { rate_limit_rps: -1 }],
    [{ rate_limit_rps: 0 }, { rate_limit_rps: null }],
    [{ max_concurrent_requests: 3 }, { max_concurrent_requests: 3 }],
    [{ max_concurrent_requests: 0 }, { max_concurrent_requests: null }],
    [{ cache: "on" }, { cache: "on", cache_ttl_seconds: null }],
    [
      { cache: "on", cache_ttl_seconds: 60 },
      { cache: "on", cache_ttl_seconds: 60 },
    ],
    [{ cache: "off" }, { cache: "off", cache_ttl_seconds: null }],
    [{ cache: null }, { cache: null, cache_ttl_seconds: null }],
    [{ allowed_models: ["gpt-4", "fast", "gpt-4"] }, { allowed_models: ["gpt-4", "fast"] }],
    [{ enabled: false }, { enabled: false, status: "disabled" }],
    [{ name: "  ключ 🔑  " }, { name: "ключ 🔑" }],
  ])("S1-5, S3-92: %j gives %j", async (body, expected) => {
    const { status, body: created } = await create(body);
    expect(status).toBe(201);
    expect(created).toMatchObject(expected);
    expect((await read(created.id)).body).toMatchObject(expected);
  });

  it.each([
    ["no name", { name: undefined }, "name"],
    ["an empty name", { name: " " }, "name"],
    ["a name of control characters", { name: "a\nb" }, "name"],
    ["an unknown scope", { scopes: ["chat", "admin"] }, "scopes.1"],
    ["scopes that are no list", { scopes: "chat" }, "scopes"],
    ["days as text", { rotation_days: "30" }, "rotation_days"],
    ["negative days", { rotation_days: -1 }, "rotation_days"],
    ["a budget as text", { monthly_budget_usd: "10" }, "monthly_budget_usd"],
    ["a negative budget", { monthly_budget_usd: -0.01 }, "monthly_budget_usd"],
    ["half a request at once", { max_concurrent_requests: 1.5 }, "max_concurrent_requests"],
    ["fewer than no requests at once", { max_concurrent_requests: -1 }, "max_concurrent_requests"],
    ["a word that says nothing about the cache", { cache: "yes" }, "cache"],
    ["a time of no second", { cache: "on", cache_ttl_seconds: 0 }, "cache_ttl_seconds"],
    ["a time of more than a week", { cache: "on", cache_ttl_seconds: 604_801 }, "cache_ttl_seconds"],
    ["a time with nothing to keep", { cache_ttl_seconds: 60 }, "cache_ttl_seconds"],
    ["a time although nothing is kept", { cache: "off", cache_ttl_seconds: 60 }, "cache_ttl_seconds"],
    ["a rate below -1", { rate_limit_rps: -2 }, "rate_limit_rps"],
    ["a rate between -1 and 0", { rate_limit_rps: -0.5 }, "rate_limit_rps"],
    ["a duration without unit", { expires_in: "720" }, "expires_in"],
    ["a duration as number", { expires_in: 720 }, "expires_in"],
    ["a duration of nothing", { expires_in: "0" }, "expires_in"],
    ["an end in the past", { expires_at: "2026-11-15T11:59:59Z" }, "expires_at"],
    ["an end without zone", { expires_at: "2027-01-01T00:00:00" }, "expires_at"],
    ["two ends", { expires_in: "1h", expires_at: "2027-01-01T00:00:00Z" }, "expires_at"],
    ["an empty list of models", { allowed_models: [] }, "allowed_models"],
    ["a model that is no text", { allowed_models: [1] }, "allowed_models.0"],
    ["enabled as text", { enabled: "yes" }, "enabled"],
    ["a tenant that is not there", { tenant_id: "nobody" }, "tenant_id"],
    ["a project that is not there", { project_id: "nothing" }, "project_id"],
    ["a field nobody knows", { budget: 5 }, null],
  ])("S1-5: refuses %s with 400 and names it", async (_what, body, param) => {
    const before = (await site.call("GET", "/apikeys?limit=1")).body.total;
    const answer = await create(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: "invalid_request", param });
    expect((await site.call("GET", "/apikeys?limit=1")).body.total).toBe(before);
  });
});

describe("GET /admin/v1/apikeys", () => {
  it("S1-5: lists in pages with a total, filters and order", async () => {
    const tenant = await site.call("POST", "/tenants", { body: { id: "list-team", name: "List team" } });
    expect(tenant.status).toBe(201);
    const names = ["delta", "alpha", "charlie", "bravo", "echo"];
    for (const name of names) {
      clock.nowMs += 1_000;
      expect((await create({ name, tenant_id: "list-team", enabled: name !== "echo" })).status).toBe(201);
    }
    const list = async (query: string) =>
      (await site.call("GET", `/apikeys?tenant_id=list-team&${query}`)).body;
    const namesOf = (body: { keys: { name: string }[] }) => body.keys.map(({ name }) => name);

    const newest = await list("limit=2&offset=1");
    expect(newest).toMatchObject({ total: 5, limit: 2, offset: 1 });
    expect(namesOf(newest)).toEqual(["bravo", "charlie"]);
    expect(newest.items).toEqual(newest.keys);
    expect(namesOf(await list("sort=name&order=asc"))).toEqual([
      "alpha",
      "bravo",
      "charlie",
      "delta",
      "echo",
    ]);
    expect(namesOf(await list("enabled=false"))).toEqual(["echo"]);
    expect(namesOf(await list("q=CHAR"))).toEqual(["charlie"]);
    expect(await list("q=nothing")).toMatchObject({ keys: [], total: 0 });
    expect(namesOf(await list("project_id=&limit=1"))).toEqual(["echo"]);
  });

  it.each(["limit=0", "limit=1001", "limit=x", "offset=-1", "sort=key_hash", "order=up", "enabled=1"])(
    "S1-5: refuses ?%s",
    async (query) => {
      expect((await site.call("GET", `/apikeys?${query}`)).status).toBe(400);
    },
  );

  it("S1-5: shows what each key has spent this calendar month, also on its first day, or since it was set back", async () => {
    const firstOfMonth = Date.UTC(2026, 10, 1);
    const [spender, reset] = [(await create()).body.id, (await create()).body.id];
    const fact = (number: number, keyId: string, acceptedAtMs: number) =>
      buildFact(number, { keyId, acceptedAtMs, finishedAtMs: acceptedAtMs + 10, result: { costUsd: 0.25 } });
    await site.record([
      fact(1, spender, firstOfMonth),
      fact(2, spender, firstOfMonth + hourMs),
      fact(3, spender, firstOfMonth - 1),
      fact(4, reset, firstOfMonth),
    ]);
    expect((await read(spender)).body.current_spend_usd).toBe(0.5);
    expect((await read(reset)).body.current_spend_usd).toBe(0.25);
    expect((await site.call("POST", `/apikeys/${reset}/paid`)).body).toMatchObject({
      ok: true,
      budget_reset_at: new Date(clock.nowMs).toISOString(),
      current_spend_usd: 0,
    });
    await site.record([fact(5, reset, clock.nowMs + 1)]);
    const { keys } = (await site.call("GET", "/apikeys?limit=1000")).body;
    const spentBy = (id: string) => keys.find((key: { id: string }) => key.id === id).current_spend_usd;
    expect([spentBy(spender), spentBy(reset)]).toEqual([0.5, 0.25]);
  });
});

describe("PATCH and PUT /admin/v1/apikeys/{id}", () => {
  it("S1-5, S3-92: PATCH changes what it names, at once, and keeps the secret", async () => {
    const { body: key } = await create({ rate_limit_rps: 5, expires_in: "1h" });
    const changed = await patch(key.id, { enabled: false, expires_at: null });
    expect(changed).toMatchObject({
      status: 200,
      body: { ok: true, enabled: false, status: "disabled", expires_at: null, rate_limit_rps: 5 },
    });
    expect(site.directory.lookup.find(site.hasher.hash(key.key), clock.nowMs)?.key.enabled).toBe(false);
    expect((await patch(key.id, { enabled: true })).body.status).toBe("active");
    expect(isKnown(key.key)).toBe(true);
  });

  it("S3-91: PATCH changes what it names of keeping answers, in force at once, and leaves the rest", async () => {
    const { body: key } = await create({ cache: "on", cache_ttl_seconds: 60, max_concurrent_requests: 2 });
    const inForce = () => site.directory.lookup.key(key.id);
    expect(inForce()).toMatchObject({ cache: { kind: "on", ttlMs: 60_000 }, concurrentRequests: 2 });
    const steps: [Record<string, unknown>, string | null, number | null][] = [
      [{ cache_ttl_seconds: 90 }, "on", 90],
      [{ name: "renamed" }, "on", 90],
      [{ cache: "on" }, "on", 90],
      [{ cache_ttl_seconds: null }, "on", null],
      [{ cache: "off" }, "off", null],
      [{ cache: null }, null, null],
    ];
    for (const [body, cache, cache_ttl_seconds] of steps)
      expect((await patch(key.id, body)).body).toMatchObject({ cache, cache_ttl_seconds });
    expect(inForce()).toMatchObject({ cache: null, concurrentRequests: 2 });
    await patch(key.id, { cache: "on", max_concurrent_requests: null });
    const replaced = await site.call("PUT", `/apikeys/${key.id}`, { body: { name: "plain" } });
    expect(replaced.body).toMatchObject({ cache: null, max_concurrent_requests: null });
  });

  it("S1-5: PUT gives what it does not name its default", async () => {
    const { body: key } = await create({ rate_limit_rps: 5, monthly_budget_usd: 3, scopes: [] });
    const replaced = await site.call("PUT", `/apikeys/${key.id}`, {
      body: { name: "renamed", rate_limit_rps: 7 },
    });
    expect(replaced.body).toMatchObject({
      name: "renamed",
      rate_limit_rps: 7,
      monthly_budget_usd: null,
      scopes: ["chat", "plan"],
    });
    expect((await site.call("PUT", `/apikeys/${key.id}`, { body: {} })).status).toBe(400);
  });

  it("S1-5: If-Match with an old version is 412 and changes nothing; the present one is taken", async () => {
    const { body: key } = await create();
    const second = await patch(key.id, { name: "second" }, { "if-match": '"v1"' });
    expect(second.headers.get("etag")).toBe('"v2"');
    const stale = await patch(key.id, { name: "third" }, { "if-match": '"v1"' });
    expect(stale).toMatchObject({ status: 412, body: { error: { code: "version_mismatch" } } });
    const removal = await site.call("DELETE", `/apikeys/${key.id}`, { headers: { "if-match": '"v1"' } });
    const rotation = await site.call("POST", `/apikeys/${key.id}/rotate`, {
      body: {},
      headers: { "if-match": '"v1"' },
    });
    expect([removal.status, rotation.status]).toEqual([412, 412]);
    expect((await read(key.id)).body.name).toBe("second");
    expect(isKnown(key.key)).toBe(true);
  });

  it("S1-5: refuses wrong types, unknown fields and another tenant", async () => {
    const { body: key } = await create();
    for (const body of [
      { enabled: 1 },
      { scopes: ["root"] },
      { key_hash: "x" },
      { id: "key_1" },
      { tenant_id: "anonymous" },
    ])
      expect((await patch(key.id, body)).status).toBe(400);
    expect((await patch(key.id, { tenant_id: "default" })).status).toBe(200);
  });

  it("S1-5: a key can only be given to a project of its own tenant", async () => {
    await site.call("POST", "/tenants", { body: { id: "other-team", name: "Other" } });
    await site.call("POST", "/projects", { body: { id: "theirs", name: "Theirs", tenant_id: "other-team" } });
    await site.call("POST", "/projects", { body: { id: "ours", name: "Ours" } });
    const { body: key } = await create();
    expect((await patch(key.id, { project_id: "theirs" })).body.error.param).toBe("project_id");
    expect((await patch(key.id, { project_id: "ours" })).body.project_id).toBe("ours");
    expect((await create({ project_id: "theirs" })).body.tenant_id).toBe("other-team");
    expect((await create({ project_id: "theirs", tenant_id: "default" })).status).toBe(400);
  });
});

describe("POST /admin/v1/apikeys/{id}/rotate", () => {
  it("S3-92: gives a new secret; the old one works until its grace ends, without one not at all", async () => {
    const { body: key } = await create();
    const { status, body } = await site.call("POST", `/apikeys/${key.id}/rotate`, {
      body: { grace_period: "1h" },
    });
    expect(status).toBe(200);
    expect(body.key).toMatch(/^tokenhub_[0-9a-f]{64}$/);
    expect(body).toMatchObject({ ok: true, id: key.id, key_prefix: body.key.slice(0, 17) });
    expect(body.previous_key_valid_until).toBe(new Date(clock.nowMs + hourMs).toISOString());
    expect([isKnown(key.key), isKnown(body.key)]).toEqual([true, true]);
    clock.nowMs += hourMs;
    expect([isKnown(key.key), isKnown(body.key)]).toEqual([false, true]);

    const again = await site.call("POST", `/apikeys/${key.id}/rotate`);
    expect([isKnown(body.key), isKnown(again.body.key)]).toEqual([false, true]);
  });

  it("S3-92: starts the days until the next rotation anew, so the key is not refused again", async () => {
    const { body: key } = await create({ rotation_days: 2 });
    clock.nowMs += 2 * dayMs;
    expect((await read(key.id)).body.status).toBe("rotation_overdue");
    const { body } = await site.call("POST", `/apikeys/${key.id}/rotate`, { body: { grace_period: "PT0S" } });
    expect(body).toMatchObject({
      status: "active",
      rotation_due_at: new Date(clock.nowMs + 2 * dayMs).toISOString(),
    });
  });

  it.each([{ grace_period: "soon" }, { grace_period: 60 }, { grace_period: "2161h" }, { grace: "1h" }])(
    "S1-5: refuses %j",
    async (body) => {
      const { body: key } = await create();
      expect((await site.call("POST", `/apikeys/${key.id}/rotate`, { body })).status).toBe(400);
      expect(isKnown(key.key)).toBe(true);
    },
  );
});

describe("DELETE /admin/v1/apikeys/{id}", () => {
  it("S1-5, S3-92: takes the key out of force at once", async () => {
    const { body: key } = await create();
    expect(await site.call("DELETE", `/apikeys/${key.id}`)).toMatchObject({
      status: 200,
      body: { ok: true, id: key.id },
    });
    expect(isKnown(key.key)).toBe(false);
    expect((await read(key.id)).status).toBe(404);
  });
});

describe("an id that no key has", () => {
  it.each([
    ["GET", ""],
    ["PUT", ""],
    ["PATCH", ""],
    ["DELETE", ""],
    ["POST", "/rotate"],
    ["POST", "/paid"],
  ])("S1-5: is 404 for %s /apikeys/{id}%s", async (method, suffix) => {
    const body =
      method === "GET" || method === "DELETE" ? {} : { body: method === "POST" ? {} : { name: "x" } };
    const answer = await site.call(method, `/apikeys/key_nobody${suffix}`, body);
    expect(answer).toMatchObject({ status: 404, body: { error: { code: "not_found", param: "id" } } });
  });

  it("S1-5: and a method that the path does not take is 405", async () => {
    const answer = await site.call("POST", "/apikeys/key_nobody");
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, PUT, PATCH, DELETE");
  });
});

describe("who may do what", () => {
  it.each(["viewer", "operator"])("S1-5: a %s reads keys and changes none", async (role) => {
    const { body: key } = await create();
    const headers = { "x-test-role": role };
    expect((await site.call("GET", "/apikeys", { headers })).status).toBe(200);
    for (const [method, path] of [
      ["POST", "/apikeys"],
      ["PATCH", `/apikeys/${key.id}`],
      ["DELETE", `/apikeys/${key.id}`],
      ["POST", `/apikeys/${key.id}/rotate`],
    ] as const)
      expect((await site.call(method, path, { headers, body: { name: "x" } })).status).toBe(403);
    expect((await read(key.id)).body.name).toBe("a key");
  });
});

describe("the audit log", () => {
  it("S1-5: has one row per change and none for a change that failed, and never a secret or its hash", async () => {
    const { body: key } = await create({ name: "audited" });
    await patch(key.id, { enabled: false });
    const { body: rotated } = await site.call("POST", `/apikeys/${key.id}/rotate`, { body: {} });
    await site.call("POST", `/apikeys/${key.id}/paid`);
    await patch(key.id, { name: "x" }, { "if-match": '"v1"' });
    await site.call("DELETE", `/apikeys/${key.id}`);
    const rows = (await site.audit()).filter(({ resourceId }) => resourceId === key.id).toReversed();
    expect(rows.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      "apikey.create ok",
      "apikey.update ok",
      "apikey.rotate ok",
      "apikey.budget_paid ok",
      "apikey.update failed",
      "apikey.revoke ok",
    ]);
    expect(rows[1]).toMatchObject({
      actor: { id: "adm_test", role: "admin", ip: "10.0.0.1" },
      detail: { changed: ["enabled"], enabled: false },
    });
    const everything = JSON.stringify(await site.audit()) + site.logLines.join("");
    for (const secret of [key.key, rotated.key]) {
      expect(everything).not.toContain(secret);
      expect(everything).not.toContain(site.hasher.hash(secret));
    }
  });
});
