import { createAuditRepository, openDatabase, type StoredAuditEntry } from "@tokenhub/persistence";
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { admin, type AdminAnswer } from "./admin.ts";
import { sealForGenerationA, sealForGenerationB } from "./older-exports.ts";
import { adminPassword, openVaultSite, seen, type VaultSite } from "./vault-site.ts";

const open = (options: Partial<Parameters<typeof openVaultSite>[0]> = {}): Promise<VaultSite> =>
  openVaultSite({ redisUrl: inject("redisUrl"), ...options });
const codeOf = ({ status, body }: AdminAnswer): unknown[] => [status, body.error?.code];

async function auditOf(site: VaultSite): Promise<readonly StoredAuditEntry[]> {
  await using database = await openDatabase({ kind: "sqlite", path: join(site.directory, "tokenhub.db") });
  return (await createAuditRepository(database.db).page({ limit: 1_000 })).items;
}

describe("the vault", () => {
  it("says what it is and whether it is locked", async () => {
    await using site = await open();
    const gateway = await site.startGateway();
    const state = async () => (await site.admin(gateway, "GET /info")).body;
    const locked = { tokenhub: "admin", version: "0.1.0", vault_enabled: true, vault_initialized: true };
    expect(await state()).toEqual({ ...locked, vault_locked: false });
    expect((await site.admin(gateway, "POST /vault/lock")).body).toEqual({ ok: true });
    expect(await state()).toEqual({ ...locked, vault_locked: true });
    expect((await site.admin(gateway, "POST /vault/lock")).body).toEqual({ ok: true, already_locked: true });
    const right = { admin_password: adminPassword };
    expect((await site.admin(gateway, "POST /vault/unlock", right)).body).toEqual({
      ok: true,
      initialized: false,
    });
    expect(await state()).toEqual({ ...locked, vault_locked: false });
  });

  it("S0-12, S2-46: refuses a wrong password, and after five of them makes the next one wait", async () => {
    await using site = await open();
    const gateway = await site.startGateway();
    await site.admin(gateway, "POST /vault/lock");
    const wrong = { admin_password: "not-the-password" };
    expect(codeOf(await site.admin(gateway, "POST /vault/unlock", { admin_password: "short" }))).toEqual([
      400,
      "invalid_request",
    ]);
    for (let turn = 0; turn < 5; turn += 1)
      expect(codeOf(await site.admin(gateway, "POST /vault/unlock", wrong))).toEqual([401, "wrong_password"]);
    const blocked = await site.admin(gateway, "POST /vault/unlock", { admin_password: adminPassword });
    expect(codeOf(blocked)).toEqual([429, "too_many_attempts"]);
    expect(Number(blocked.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await site.admin(gateway, "GET /info")).body.vault_locked).toBe(true);
  });

  it("does nothing while it is locked: every operation answers 503 vault_locked", async () => {
    await using site = await open();
    const gateway = await site.startGateway();
    await site.admin(gateway, "PUT /vault/secrets/a", { value: "1" });
    await site.admin(gateway, "POST /vault/lock");
    const source = sealForGenerationB("ab".repeat(32), { x: "1" });
    const calls: [string, unknown?][] = [
      ["GET /vault/secrets"],
      ["GET /vault/secrets/a"],
      ["PUT /vault/secrets/a", { value: "2" }],
      ["DELETE /vault/secrets/a"],
      ["GET /vault/export"],
      ["POST /vault/import", { source, key: "ab".repeat(32) }],
      ["POST /vault/rotate-data-key"],
      ["POST /vault/rotate", { old_password: adminPassword, new_password: "another-password" }],
      ["PATCH /providers/sealed", { api_key: "sk-1" }],
    ];
    for (const [call, body] of calls)
      expect([call, ...codeOf(await site.admin(gateway, call, body))]).toEqual([call, 503, "vault_locked"]);
  });

  it("S4-42: changes its password; with a wrong old one, or a new one that is too short, nothing is changed", async () => {
    await using site = await open();
    const gateway = await site.startGateway();
    const rotate = (oldPassword: string, newPassword: string): Promise<AdminAnswer> =>
      site.admin(gateway, "POST /vault/rotate", { old_password: oldPassword, new_password: newPassword });
    expect(codeOf(await rotate("not-the-password", "another-password"))).toEqual([401, "wrong_password"]);
    expect(codeOf(await rotate(adminPassword, "short"))).toEqual([400, "invalid_request"]);
    expect((await rotate(adminPassword, "another-password")).body).toMatchObject({
      ok: true,
      outdated_setting: "TOKENHUB_ADMIN_PASSWORD",
    });
    await site.admin(gateway, "POST /vault/lock");
    const old = await site.admin(gateway, "POST /vault/unlock", { admin_password: adminPassword });
    expect(codeOf(old)).toEqual([401, "wrong_password"]);
    const body = { admin_password: "another-password" };
    expect((await site.admin(gateway, "POST /vault/unlock", body)).status).toBe(200);
  });

  it("is refused as disabled when the configuration says so, and requests need no key from it", async () => {
    await using site = await open({ env: { TOKENHUB_VAULT_ENABLED: "false" } });
    const gateway = await site.startAll({ keys: { other: "sk-configured" } });
    expect((await site.admin(gateway, "GET /info")).body).toMatchObject({ vault_enabled: false });
    const unlock = { admin_password: adminPassword };
    for (const [call, body] of [
      ["POST /vault/unlock", unlock],
      ["POST /vault/lock"],
      ["GET /vault/secrets"],
    ] as const)
      expect(codeOf(await site.admin(gateway, call, body))).toEqual([503, "vault_disabled"]);
    expect((await ask(gateway, { model: "other-model" })).status).toBe(200);
  });
});

describe("secrets", () => {
  it("are stored, listed without values, shown, replaced and deleted; names may have slashes", async () => {
    await using site = await open();
    const gateway = await site.startGateway();
    const call = (what: string, body?: unknown): Promise<AdminAnswer> => site.admin(gateway, what, body);
    expect((await call("PUT /vault/secrets/webhooks/main", { value: "s3cret-value" })).body).toEqual({
      ok: true,
      key: "webhooks/main",
    });
    await call("PUT /vault/secrets/a", { value: "first" });
    await call("PUT /vault/secrets/a", { value: "second" });
    const list = await call("GET /vault/secrets");
    expect(list.body).toEqual({ secrets: ["a", "webhooks/main"], provider_keys: [] });
    expect((await call("GET /vault/secrets/webhooks/main")).body).toEqual({
      key: "webhooks/main",
      value: "s3cret-value",
    });
    expect((await call("GET /vault/secrets/a")).body.value).toBe("second");
    expect((await call("DELETE /vault/secrets/a")).body).toEqual({ ok: true, key: "a" });
    expect(codeOf(await call("GET /vault/secrets/a"))).toEqual([404, "not_found"]);
    expect(codeOf(await call("DELETE /vault/secrets/a"))).toEqual([404, "not_found"]);
    expect(codeOf(await call("PUT /vault/secrets/a", { value: "" }))).toEqual([400, "invalid_request"]);
  });

  it("and provider keys lie apart: neither can be read or overwritten under a name of the other", async () => {
    await using site = await open();
    const gateway = await site.startGateway();
    await site.admin(gateway, "PATCH /providers/sealed", { api_key: "sk-of-the-provider" });
    expect((await site.admin(gateway, "GET /vault/secrets")).body).toEqual({
      secrets: [],
      provider_keys: ["sealed"],
    });
    const name = encodeURIComponent("provider:sealed:api_key");
    expect(codeOf(await site.admin(gateway, `GET /vault/secrets/${name}`))).toEqual([404, "not_found"]);
    await site.admin(gateway, `PUT /vault/secrets/${name}`, { value: "sk-forged" });
    expect((await site.admin(gateway, "GET /vault/secrets")).body).toEqual({
      secrets: ["provider:sealed:api_key"],
      provider_keys: ["sealed"],
    });
  });

  it("S2-42: a value and its audit row are written together or not at all", async () => {
    await using site = await open();
    const gateway = await site.startGateway();
    await using database = await openDatabase({ kind: "sqlite", path: join(site.directory, "tokenhub.db") });
    await database.db.schema.alterTable("audit_log").renameTo("audit_log_away").execute();
    expect((await site.admin(gateway, "PUT /vault/secrets/a", { value: "1" })).status).toBe(500);
    await database.db.schema.alterTable("audit_log_away").renameTo("audit_log").execute();
    expect((await site.admin(gateway, "GET /vault/secrets")).body.secrets).toEqual([]);
    expect((await site.admin(gateway, "PUT /vault/secrets/a", { value: "1" })).status).toBe(200);
    const actions = (await auditOf(site)).map(({ action, outcome }) => `${action} ${outcome}`);
    expect(actions.filter((action) => action === "secret.write ok")).toHaveLength(1);
  });
});

describe("transfer", () => {
  it("S2-37, S0-47: an export opens in another installation, with the password it was made under", async () => {
    await using from = await open();
    const source = await from.startGateway();
    await from.admin(source, "PATCH /providers/sealed", { api_key: "sk-moved" });
    const exported = (await from.admin(source, "GET /vault/export")).body;
    expect(JSON.stringify(exported)).not.toContain("sk-moved");

    await using to = await open({ env: { TOKENHUB_ADMIN_PASSWORD: "of-another-installation" } });
    const gateway = await to.startAll();
    const call = (body: unknown): Promise<AdminAnswer> =>
      admin(gateway, { call: "POST /vault/import", body, bearer: "of-another-installation" });
    expect(codeOf(await call({ source: exported, password: "not-the-password" }))).toEqual([
      401,
      "wrong_password",
    ]);
    expect((await call({ source: exported, password: adminPassword })).body).toEqual({
      ok: true,
      format: "tokenhub",
      imported: ["provider:sealed:api_key"],
      kept: [],
    });
    expect((await ask(gateway, { model: "sealed-model" })).status).toBe(200);
    expect(to.keysSeen("up-sealed")).toEqual([seen("sk-moved")]);
  });

  it("S2-37, S0-49, S2-50: exports of generation A (password) and B (raw key) import; existing keys can be kept", async () => {
    await using site = await open();
    const gateway = await site.startAll();
    const importFrom = (body: unknown): Promise<AdminAnswer> =>
      site.admin(gateway, "POST /vault/import", body);
    const ofA = sealForGenerationA("password-of-a", { sealed: "sk-from-a" });
    expect((await importFrom({ source: JSON.stringify(ofA), password: "password-of-a" })).body).toMatchObject(
      {
        format: "generation-a",
        imported: ["provider:sealed:api_key"],
      },
    );
    const rawKey = "0f".repeat(32);
    const ofB = sealForGenerationB(rawKey, { sealed: "sk-from-b", other: "sk-other-from-b" });
    expect((await importFrom({ source: ofB, key: rawKey, existing: "keep" })).body).toMatchObject({
      format: "generation-b",
      imported: ["provider:other:api_key"],
      kept: ["provider:sealed:api_key"],
    });
    await ask(gateway, { model: "sealed-model" });
    await ask(gateway, { model: "other-model" });
    expect(site.keysSeen("up-sealed")).toEqual([seen("sk-from-a")]);
    expect(site.keysSeen("up-other")).toEqual([seen("sk-other-from-b")]);
    for (const body of [
      { source: ofB },
      { source: ofB, key: rawKey, password: "both" },
      { source: 7, key: rawKey },
    ])
      expect(codeOf(await importFrom(body))).toEqual([400, "invalid_request"]);
  });
});

describe("sessions and admin tokens", () => {
  let site: VaultSite;
  let gateway: { readonly url: string };
  let bearer: string;
  beforeAll(async () => {
    site = await open({ env: { TOKENHUB_ADMIN_PASSWORD: "" } });
    gateway = await site.startGateway();
    bearer = (await readFile(join(site.directory, "admin-token"), "utf8")).trim();
  });
  afterAll(() => site[Symbol.asyncDispose]());
  const call = (what: string, body?: unknown, as = bearer): Promise<AdminAnswer> =>
    admin(gateway, { call: what, body, bearer: as });
  const withCookie = (what: string, cookie: string, body?: unknown): Promise<AdminAnswer> =>
    admin(gateway, {
      call: what,
      body,
      headers: { cookie, "sec-fetch-site": "same-origin" },
    });

  it("a session's cookie is a random id that is HttpOnly, ends after twelve hours, and can be revoked", async () => {
    const signedIn = await call("POST /session");
    const cookie = signedIn.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(
      /^th_admin_session=[0-9a-f]{64}; Path=\/admin; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    expect(cookie).not.toContain(bearer);
    const secret = cookie.slice(0, cookie.indexOf(";"));
    const bytes = await readFile(join(site.directory, "tokenhub.db-wal"), "latin1");
    expect(bytes).not.toContain(secret.split("=")[1]);
    expect((await withCookie("GET /info", secret)).status).toBe(200);
    expect((await withCookie("POST /session", secret)).status).toBe(400);
    const out = await withCookie("DELETE /session", secret);
    expect([out.status, out.headers.get("set-cookie")]).toEqual([200, expect.stringContaining("Max-Age=0")]);
    expect((await withCookie("GET /info", secret)).status).toBe(401);
  });

  it("behind a proxy with HTTPS the cookie is Secure", async () => {
    const headers = { "x-forwarded-proto": "https" };
    const signedIn = await admin(gateway, { call: "POST /session", bearer, headers });
    expect(signedIn.headers.get("set-cookie")).toMatch(/; Secure$/);
  });

  it("a stored token has its role, is shown once, and is refused as soon as it is disabled or deleted", async () => {
    const created = await call("POST /admin-tokens", { name: "monitoring", role: "viewer" });
    expect([created.status, created.body]).toEqual([
      201,
      expect.objectContaining({ name: "monitoring", role: "viewer", enabled: true, expires_at: null }),
    ]);
    const { id, token, prefix } = created.body;
    expect(token).toMatch(/^thadmin_[0-9a-f]{64}$/);
    expect([token.startsWith(prefix), token.includes(String(id).slice(4))]).toEqual([true, false]);
    const list = await call("GET /admin-tokens");
    expect(list.body).toMatchObject({ total: 1, items: [{ id, name: "monitoring" }] });
    expect(JSON.stringify([list.body, (await call(`GET /admin-tokens/${id}`)).body])).not.toContain(token);

    expect((await call("GET /info", undefined, token)).status).toBe(200);
    for (const what of ["POST /vault/lock", "GET /vault/secrets", "GET /vault/export", "GET /admin-tokens"])
      expect(codeOf(await call(what, undefined, token))).toEqual([403, "admin_forbidden"]);
    const session = (await call("POST /session", undefined, token)).headers.get("set-cookie") ?? "";
    const cookie = session.slice(0, session.indexOf(";"));
    expect((await withCookie("GET /info", cookie)).status).toBe(200);
    expect((await withCookie("POST /vault/lock", cookie)).status).toBe(403);

    expect((await call(`PATCH /admin-tokens/${id}`, { enabled: false })).body.enabled).toBe(false);
    expect((await call("GET /info", undefined, token)).status).toBe(401);
    expect((await withCookie("GET /info", cookie)).status).toBe(401);
    expect((await call(`DELETE /admin-tokens/${id}`)).body).toEqual({ ok: true, id });
    expect((await call(`GET /admin-tokens/${id}`)).status).toBe(404);
  });

  it("a token that has expired, or that somebody else changed since, is refused", async () => {
    const past = { name: "late", role: "admin", expires_at: "2020-01-01T00:00:00Z" };
    expect(codeOf(await call("POST /admin-tokens", past))).toEqual([400, "invalid_request"]);
    const { id } = (await call("POST /admin-tokens", { name: "shared", role: "operator" })).body;
    await call(`PATCH /admin-tokens/${id}`, { name: "renamed" });
    const stale = await admin(gateway, {
      call: `PATCH /admin-tokens/${id}`,
      body: { role: "admin" },
      bearer,
      headers: { "if-match": '"v1"' },
    });
    expect(codeOf(stale)).toEqual([412, "version_mismatch"]);
    expect((await call(`GET /admin-tokens/${id}`)).body).toMatchObject({ name: "renamed", role: "operator" });
  });

  it("the admin token is replaced at once and for the next start, and every browser is signed out", async () => {
    const session = (await call("POST /session")).headers.get("set-cookie") ?? "";
    const cookie = session.slice(0, session.indexOf(";"));
    for (const token of ["fifteen-charact", "has a space in the middle", "ümlaute-are-no-bearer"])
      expect(codeOf(await call("POST /admin-token/rotate", { token }))).toEqual([400, "invalid_request"]);
    const rotated = await call("POST /admin-token/rotate");
    expect(rotated.body).toEqual({
      ok: true,
      token: expect.stringMatching(/^[0-9a-f]{64}$/),
      kept_in: "admin-token",
    });
    expect((await call("GET /info")).status).toBe(401);
    expect((await withCookie("GET /info", cookie)).status).toBe(401);
    const old = bearer;
    bearer = rotated.body.token;
    const chosen = "a-token-of-my-own-choice";
    expect((await call("POST /admin-token/rotate", { token: chosen })).body.token).toBe(chosen);
    bearer = chosen;
    const path = join(site.directory, "admin-token");
    expect([await readFile(path, "utf8"), (await stat(path)).mode & 0o777]).toEqual([`${chosen}\n`, 0o600]);
    expect((await readdir(site.directory)).filter((name) => name.startsWith("admin-token"))).toEqual([
      "admin-token",
    ]);
    const next = await site.startGateway();
    expect((await admin(next, { call: "GET /info", bearer: chosen })).status).toBe(200);
    expect((await admin(next, { call: "GET /info", bearer: old })).status).toBe(401);
  });

  it("a token from the environment is not replaced, and the answer says where to change it", async () => {
    const token = "from-the-environment";
    await using other = await open({ env: { TOKENHUB_ADMIN_TOKEN: token } });
    const start = await other.startGateway();
    const refused = await admin(start, { call: "POST /admin-token/rotate", body: {}, bearer: token });
    expect(codeOf(refused)).toEqual([409, "conflict"]);
    expect(refused.body.error.message).toContain("TOKENHUB_ADMIN_TOKEN");
    expect((await admin(start, { call: "GET /info", bearer: token })).status).toBe(200);
    expect(await readdir(other.directory)).not.toContain("admin-token");
  });
});

it("S1d-28: every change and every look at a secret is in the audit log, with who and how it ended, and no value", async () => {
  await using site = await open();
  const gateway = await site.startGateway();
  const values = ["value-to-hide-1", "password-to-hide-2", "token-to-hide-3-0123456789"] as const;
  await site.admin(gateway, "PUT /vault/secrets/a", { value: values[0] });
  await site.admin(gateway, "GET /vault/secrets/a");
  await site.admin(gateway, "DELETE /vault/secrets/a");
  await site.admin(gateway, "GET /vault/export");
  await site.admin(gateway, "POST /vault/rotate-data-key");
  await site.admin(gateway, "POST /vault/rotate", { old_password: values[1], new_password: "new-password" });
  await site.admin(gateway, "POST /vault/lock");
  await site.admin(gateway, "POST /vault/unlock", { admin_password: values[1] });
  await site.admin(gateway, "POST /vault/unlock", { admin_password: adminPassword });
  await site.admin(gateway, "POST /admin-token/rotate", { token: values[2] });
  const [atStart, ...entries] = (await auditOf(site)).toReversed();
  expect(atStart).toMatchObject({
    actor: { kind: "system", name: "system", ip: null },
    action: "vault.unlock",
    resourceKind: "vault",
    outcome: "ok",
    detail: { reason: "configuration" },
  });
  expect(entries.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
    "secret.write ok",
    "secret.read ok",
    "secret.delete ok",
    "vault.export ok",
    "vault.rotate_data_key ok",
    "vault.rotate_password failed",
    "vault.lock ok",
    "vault.unlock failed",
    "vault.unlock ok",
    "admin_token.rotate ok",
  ]);
  for (const entry of entries)
    expect(entry.actor).toMatchObject({ kind: "password", name: "admin password" });
  const text = JSON.stringify(entries) + site.logLines.join("");
  for (const secret of [...values, adminPassword, "new-password"]) expect(text).not.toContain(secret);
});
