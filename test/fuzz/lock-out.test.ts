import type { Gateway } from "@tokenhub/gateway";
import { testApiKey } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { administer, type AdminAnswer } from "../admin/admin-client.ts";
import { adminPassword, openVaultSite, type VaultSite } from "../vault/vault-site.ts";
import { operationsOf, type OpenApiDocument } from "./open-api-operations.ts";

const token = "an-admin-token-of-the-lock-out-tests";
const freeFailures = 5;

let site: VaultSite;
let gateway: Gateway;
let nowMs = Date.now();
beforeAll(async () => {
  site = await openVaultSite({
    redisUrl: inject("redisUrl"),
    env: { TOKENHUB_ADMIN_TOKEN: token, TOKENHUB_TRUSTED_PROXIES: "127.0.0.1" },
  });
  gateway = await site.startGateway({ now: () => nowMs });
});
afterAll(() => site[Symbol.asyncDispose]());

interface Asking {
  readonly bearer?: string | null;
  readonly from: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function ask({ bearer = null, from, path = "/admin/v1/info", headers = {} }: Asking): Promise<AdminAnswer> {
  return administer(gateway, "GET", path, { bearer, headers: { "x-forwarded-for": from, ...headers } });
}

async function guess(from: string, times: number): Promise<AdminAnswer[]> {
  const answers: AdminAnswer[] = [];
  for (let guesses = 0; guesses < times; guesses += 1)
    answers.push(await ask({ bearer: `wrong-${guesses}-of-${from}`, from }));
  return answers;
}

const statusesOf = (answers: readonly AdminAnswer[]): number[] => answers.map(({ status }) => status);

describe("whoever guesses an admin secret", () => {
  it("waits longer after each further wrong one: 1 s after the sixth, doubling, at most five minutes, and the right one waits too", async () => {
    const from = "10.0.0.1";
    expect(statusesOf(await guess(from, freeFailures))).toEqual(Array(freeFailures).fill(401));
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      expect(statusesOf(await guess(from, 2))).toEqual([401, 429]);
      const right = await ask({ bearer: token, from });
      expect(right).toMatchObject({ status: 429, json: { error: { code: "too_many_attempts" } } });
      expect(right.headers.get("retry-after")).toBe(String(seconds));
      nowMs += seconds * 1_000 - 1;
      expect((await ask({ bearer: token, from })).status).toBe(429);
      nowMs += 1;
    }
    expect((await ask({ bearer: token, from })).status).toBe(200);
    expect(statusesOf(await guess(from, freeFailures))).toEqual(Array(freeFailures).fill(401));
  });

  it("is locked out alone: from another address the right secret works at once, and a wrong one is the first", async () => {
    expect((await guess("10.0.1.1", freeFailures + 2)).at(-1)?.status).toBe(429);
    for (const bearer of [token, adminPassword])
      expect((await ask({ bearer, from: "10.0.1.2" })).status).toBe(200);
    expect(statusesOf(await guess("10.0.1.3", 2))).toEqual([401, 401]);
    expect((await ask({ bearer: token, from: "10.0.1.1" })).status).toBe(429);
  });

  it("is locked out of the session and of the first generation's doors, too", async () => {
    const from = "10.0.2.1";
    const cookie = `th_admin_session=${"a".repeat(64)}`;
    const guesses: AdminAnswer[] = [];
    for (let times = 0; times < freeFailures + 2; times += 1)
      guesses.push(await ask({ from, headers: { cookie } }));
    expect(guesses.at(-1)?.status).toBe(429);
    expect((await ask({ bearer: token, from, path: "/admin/providers" })).status).toBe(429);
    expect((await ask({ bearer: token, from, path: "/admin/v1/no-such-thing" })).status).toBe(404);
  });

  it("is not helped by an address it makes up in front of the one the proxy saw", async () => {
    for (let times = 0; times < freeFailures + 1; times += 1)
      await ask({ bearer: "wrong", from: `10.99.0.${times}, 10.0.3.1` });
    expect((await ask({ bearer: token, from: "10.99.0.200, 10.0.3.1" })).status).toBe(429);
  });

  it("is logged with its address and never with what it tried", async () => {
    site.logLines.splice(0);
    await guess("10.0.4.1", freeFailures + 1);
    const log = site.logLines.join("");
    expect(log).toContain('"remoteAddress":"10.0.4.1"');
    expect(log).not.toContain("of-10.0.4.1");
  });
});

describe("whoever guesses an API key", () => {
  const chat = (key: string, from: string): Promise<AdminAnswer> =>
    administer(gateway, "GET", "/v1/models", { bearer: key, headers: { "x-forwarded-for": from } });

  it("is locked out by address; a right key passes from that address and from every other", async () => {
    const statuses: number[] = [];
    for (let times = 0; times < freeFailures + 3; times += 1)
      statuses.push((await chat(`tokenhub_wrong_${times}`, "10.1.0.1")).status);
    expect(statuses).toEqual([...Array<number>(freeFailures + 1).fill(401), 429, 429]);
    expect((await chat(testApiKey, "10.1.0.1")).status).toBe(200);
    expect((await chat("tokenhub_wrong", "10.1.0.2")).status).toBe(401);
  });
});

/** Everything of an answer that says something, without what is different each time. */
function told({ status, headers, text }: AdminAnswer): unknown {
  const volatile = new Set(["date", "x-request-id", "request-id", "connection", "keep-alive"]);
  return {
    status,
    headers: [...headers].filter(([name]) => !volatile.has(name)),
    text: text.replaceAll(/req_[0-9a-z]+/g, "req_…"),
  };
}

describe("a refusal", () => {
  it("of an admin secret is the same whether it is unknown, disabled, expired, deleted, malformed or of another kind", async () => {
    const create = async (body: object): Promise<{ id: string; token: string }> =>
      (await administer(gateway, "POST", "/admin/v1/admin-tokens", { bearer: token, body, headers: trusted }))
        .json as {
        id: string;
        token: string;
      };
    const trusted = { "x-forwarded-for": "10.2.1.1" };
    const change = (method: string, id: string, body?: object): Promise<AdminAnswer> =>
      administer(gateway, method, `/admin/v1/admin-tokens/${id}`, { bearer: token, body, headers: trusted });
    const disabled = await create({ name: "disabled", role: "admin" });
    expect((await change("PATCH", disabled.id, { enabled: false })).status).toBe(200);
    const deleted = await create({ name: "deleted", role: "admin" });
    expect((await change("DELETE", deleted.id)).status).toBe(200);
    const expired = await create({
      name: "expired",
      role: "admin",
      expires_at: new Date(nowMs + 1_000).toISOString(),
    });
    nowMs += 2_000;
    const bearers = [
      disabled.token,
      deleted.token,
      expired.token,
      `${disabled.token.slice(0, -1)}x`,
      "thadmin_",
      token.slice(0, -1),
      `${token}x`,
      token.toUpperCase(),
      adminPassword.slice(1),
      testApiKey,
      "x".repeat(6_000),
      "\u00e9\u00e9\u00e9",
      "__proto__",
      "' OR 1=1 --",
    ];
    const answers = [
      told(await ask({ from: "10.2.0.1" })),
      told(await ask({ from: "10.2.0.2", headers: { authorization: "Basic YTpi" } })),
      told(await ask({ from: "10.2.0.3", headers: { cookie: `th_admin_session=${"b".repeat(64)}` } })),
      told(await ask({ from: "10.2.0.4", headers: { cookie: "th_admin_session=short" } })),
    ];
    for (const [index, bearer] of bearers.entries())
      answers.push(told(await ask({ bearer, from: `10.2.2.${index}` })));
    expect(answers[0]).toMatchObject({ status: 401 });
    expect(answers).toEqual(Array(answers.length).fill(answers[0]));
  });

  it("without a secret is the same at every endpoint of the administration, whether the path names something or nothing", async () => {
    const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as OpenApiDocument;
    const operations = operationsOf(document, []).filter(({ template }) => template.startsWith("/admin/v1/"));
    expect(operations.length).toBeGreaterThan(70);
    const answers = new Set<string>();
    for (const { method, template } of operations)
      for (const id of ["sealed", "nothing-of-this-name"]) {
        const path = template.replaceAll(/\{[^}]+\}/g, id);
        const answer = await administer(gateway, method, path, {
          bearer: null,
          headers: { "x-forwarded-for": "10.3.0.1" },
        });
        answers.add(JSON.stringify(told(answer)));
      }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toContain('"status":401');
  });

  it("of an API key is the same whether it is unknown, deleted, malformed or too long; only who holds one is told more", async () => {
    const trusted = { "x-forwarded-for": "10.4.1.1" };
    const create = async (body: object): Promise<{ id: string; key: string }> =>
      (await administer(gateway, "POST", "/admin/v1/apikeys", { bearer: token, body, headers: trusted }))
        .json as {
        id: string;
        key: string;
      };
    const disabled = await create({ name: "disabled", enabled: false });
    const deleted = await create({ name: "deleted" });
    await administer(gateway, "DELETE", `/admin/v1/apikeys/${deleted.id}`, {
      bearer: token,
      headers: trusted,
    });
    const keys = [
      deleted.key,
      disabled.key.slice(0, -1),
      `${disabled.key.slice(0, -1)}${disabled.key.endsWith("0") ? "1" : "0"}`,
      disabled.key.slice(0, 17),
      `tokenhub_${"0".repeat(64)}`,
      "tokenhub_",
      disabled.id,
      "sk-of-somebody-else",
      "x".repeat(6_000),
      "__proto__",
      testApiKey.toUpperCase(),
      token,
    ];
    const answers: unknown[] = [];
    for (const [index, key] of keys.entries())
      answers.push(
        told(
          await administer(gateway, "GET", "/v1/models", {
            bearer: key,
            headers: { "x-forwarded-for": `10.4.0.${index}` },
          }),
        ),
      );
    expect(answers[0]).toMatchObject({ status: 401, text: expect.stringContaining("invalid_api_key") });
    expect(answers).toEqual(Array(answers.length).fill(answers[0]));
    const holder = await administer(gateway, "GET", "/v1/models", { bearer: disabled.key, headers: trusted });
    expect(holder).toMatchObject({ status: 401, json: { error: { code: "api_key_disabled" } } });
  });
});
