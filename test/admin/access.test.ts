import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { adminEnvironment, administer, adminPassword, adminToken } from "./admin-client.ts";
import { auditRowsOf } from "./audit-rows.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
});
afterAll(() => network[Symbol.asyncDispose]());

/** Right secrets between the wrong ones, so that the address is not locked out. */
async function forgiven(): Promise<void> {
  await administer(network, "GET", "/admin/v1/providers");
}

const doors = [
  ["GET", "/admin/v1/providers"],
  ["POST", "/admin/v1/providers"],
  ["GET", "/admin/v1/providers/openai-up"],
  ["PUT", "/admin/v1/providers/openai-up"],
  ["PATCH", "/admin/v1/providers/openai-up"],
  ["DELETE", "/admin/v1/providers/openai-up"],
  ["POST", "/admin/v1/providers/openai-up/test"],
  ["GET", "/admin/v1/providers/openai-up/discover"],
  ["POST", "/admin/v1/providers/openai-up/validate-key"],
  ["POST", "/admin/v1/providers/validate"],
  ["GET", "/admin/v1/models"],
  ["POST", "/admin/v1/models"],
  ["DELETE", "/admin/v1/models/gpt-test"],
  ["GET", "/admin/v1/aliases"],
  ["PUT", "/admin/v1/aliases/fast"],
  ["GET", "/admin/v1/routing-config"],
  ["PUT", "/admin/v1/routing-config"],
  ["POST", "/admin/v1/routing/simulate"],
] as const;

describe("the administration", () => {
  it("S0-48, S2-8, S2-47: without a bearer, or with a wrong one, every endpoint is a 401 and nothing is changed", async () => {
    const before = await administer(network, "GET", "/admin/v1/models");
    for (const [method, path] of doors) {
      for (const bearer of [null, "wrong-secret", network.apiKey]) {
        const body = method === "GET" || method === "DELETE" ? {} : { body: { enabled: false } };
        const answer = await administer(network, method, path, { bearer, ...body });
        expect(answer, `${method} ${path}`).toMatchObject({
          status: 401,
          json: { error: { code: "admin_unauthorized" } },
        });
      }
      await forgiven();
    }
    expect((await administer(network, "GET", "/admin/v1/models")).json).toEqual(before.json);
    expect((await administer(network, "GET", "/admin/v1/providers/openai-up")).json.enabled).toBe(true);
  });

  it.each([
    ["the admin token", adminToken],
    ["the admin password", adminPassword],
  ])("takes %s as bearer", async (_name, bearer) => {
    expect((await administer(network, "GET", "/admin/v1/providers", { bearer })).status).toBe(200);
  });

  it("roles: a viewer reads and simulates but changes nothing, an operator changes the catalogue", async () => {
    const tokenOf = async (role: string): Promise<string> => {
      const made = await administer(network, "POST", "/admin/v1/admin-tokens", {
        body: { name: `${role} of the tests`, role },
      });
      expect(made.status).toBeLessThan(300);
      return made.json.token as string;
    };
    const viewer = await tokenOf("viewer");
    const operator = await tokenOf("operator");
    const change = { body: { weight: 3 } };
    expect((await administer(network, "GET", "/admin/v1/models/gpt-test", { bearer: viewer })).status).toBe(
      200,
    );
    expect(
      (await administer(network, "POST", "/admin/v1/routing/simulate", { bearer: viewer, body: {} })).status,
    ).toBe(200);
    expect(
      await administer(network, "PATCH", "/admin/v1/models/gpt-test", { bearer: viewer, ...change }),
    ).toMatchObject({ status: 403, json: { error: { code: "admin_forbidden" } } });
    expect(
      (await administer(network, "PATCH", "/admin/v1/models/gpt-test", { bearer: operator, ...change }))
        .status,
    ).toBe(200);
    expect((await administer(network, "POST", "/admin/models", { bearer: viewer, body: {} })).status).toBe(
      403,
    );
  });

  it("S1-22, S1d-28: every change has a row in the audit log in the same transaction, with who, from where and what; refused ones too", async () => {
    const body = { id: "audited", type: "mock", api_key: "sk-audited-key-0000" };
    const { headers } = await administer(network, "POST", "/admin/v1/providers", { body });
    await administer(network, "PATCH", "/admin/v1/providers/audited", {
      body: { concurrency: 3, api_key: "sk-audited-key-1111" },
      bearer: adminPassword,
    });
    await administer(network, "PATCH", "/admin/v1/providers/audited", {
      body: { concurrency: 4 },
      headers: { "if-match": '"v1"' },
    });
    await administer(network, "DELETE", "/admin/v1/providers/audited");
    const rows = await auditRowsOf(network.dataDirectory, "audited");
    expect(rows.map(({ action, outcome }) => [action, outcome])).toEqual([
      ["provider.create", "ok"],
      ["provider.update", "ok"],
      ["provider.update", "failed"],
      ["provider.delete", "ok"],
    ]);
    expect(rows[0]).toMatchObject({
      actor: { kind: "token", id: "admin-token", role: "admin", ip: "127.0.0.1" },
      requestId: headers.get("x-request-id"),
      detail: { type: "mock", key: "set" },
    });
    expect(rows[1]).toMatchObject({
      actor: { kind: "password" },
      detail: { changed: ["concurrency"], key: "set" },
    });
    expect(rows[2]).toMatchObject({ detail: { code: "version_mismatch" } });
    expect(JSON.stringify(rows)).not.toContain("sk-audited-key");
  });

  it("a change that is refused leaves neither the change nor the row of a success", async () => {
    await administer(network, "POST", "/admin/v1/models", { body: { id: "refused", provider_id: "nobody" } });
    expect(await auditRowsOf(network.dataDirectory, "refused")).toEqual([]);
  });

  it("C17: unknown paths are 404 and other methods 405 in the native error shape", async () => {
    const unknown = await administer(network, "GET", "/admin/v1/no-such-thing");
    expect(unknown).toMatchObject({
      status: 404,
      json: { error: { code: "unknown_path", request_id: unknown.headers.get("x-request-id") } },
    });
    const method = await administer(network, "DELETE", "/admin/v1/providers");
    expect(method).toMatchObject({ status: 405, json: { error: { code: "method_not_allowed" } } });
    expect(method.headers.get("allow")).toBe("GET, POST");
    expect((await administer(network, "PUT", "/admin/v1/providers", { body: "{nonsense" })).status).toBe(405);
    expect(await administer(network, "POST", "/admin/v1/providers", { body: "{nonsense" })).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_json" } },
    });
  });

  it("C6: GET /admin is a page without scripts, and swallows neither the API nor the first generation's doors", async () => {
    const page = await administer(network, "GET", "/admin", { bearer: null });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(page.text).not.toContain("<script");
    expect((await administer(network, "GET", "/admin/providers")).json.providers).toContain("openai-up");
  });

  it("answers of the administration are never cached", async () => {
    const { headers } = await administer(network, "GET", "/admin/v1/providers");
    expect(headers.get("cache-control")).toBe("no-store");
  });
});

describe("whoever guesses", () => {
  it("is locked out after a few wrong secrets, right ones included, and told for how long", async () => {
    await using own = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
    const guess = (bearer: string) => administer(own, "GET", "/admin/v1/providers", { bearer });
    for (let wrong = 0; wrong < 6; wrong += 1) expect((await guess(`wrong-${wrong}`)).status).toBe(401);
    const locked = await guess(adminToken);
    expect(locked).toMatchObject({ status: 429, json: { error: { code: "too_many_attempts" } } });
    expect(Number(locked.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await administer(own, "GET", "/admin/providers")).json).toEqual({
      error: expect.stringContaining("wrong secrets"),
    });
  });

  it("an address that asks too often is a 429 with retry-after, counted in tokenhub_admin_rate_limited_total", async () => {
    await using own = await startTestNetwork({
      redisUrl: inject("redisUrl"),
      env: { ...adminEnvironment, TOKENHUB_ADMIN_RATE_LIMIT_RPS: "1", TOKENHUB_ADMIN_RATE_LIMIT_BURST: "5" },
    });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => administer(own, "GET", "/admin/v1/models")),
    );
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThanOrEqual(2);
    expect(limited[0]?.json.error.code).toBe("rate_limited");
    expect(limited[0]?.headers.get("retry-after")).not.toBeNull();
    const metrics = await (await fetch(`${own.url}/metrics`)).text();
    expect(metrics).toMatch(
      new RegExp(`^tokenhub_admin_rate_limited_total(\\{[^}]*\\})? ${limited.length}$`, "m"),
    );
  });
});
