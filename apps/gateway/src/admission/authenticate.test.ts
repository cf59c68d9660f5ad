import { TokenHubError } from "@tokenhub/contracts";
import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, test } from "vitest";
import { createKeyIndex } from "../access/key-index.ts";
import { buildKeyRecord } from "../access/key-record.fixture.ts";
import type { KeyRecord, ProjectRecord, TenantRecord } from "../access/key-record.ts";
import { createFailureGate } from "../admin/failure-gate.ts";
import { createAuthenticator, type AuthenticatorOptions } from "./authenticate.ts";
import { createSecretHasher } from "./secret-hasher.ts";

const hasher = createSecretHasher(Buffer.alloc(32, 7));
const secret = `tokenhub_${"a".repeat(64)}`;
const configuredKey = "a-configured-key-that-is-long-enough";

interface Scene {
  readonly options?: Partial<AuthenticatorOptions>;
  readonly key?: Partial<KeyRecord>;
  readonly tenants?: readonly TenantRecord[];
  readonly projects?: readonly ProjectRecord[];
}

function setup({ options = {}, key = {}, tenants = [], projects = [] }: Scene = {}) {
  const clock = { nowMs: 1_000_000 };
  const now = (): number => clock.nowMs;
  const keys = createKeyIndex();
  keys.put(buildKeyRecord("key_1", { keyHash: hasher.hash(secret), ...key }));
  keys.setGroups({ tenants, projects });
  const used: string[] = [];
  const authenticate = createAuthenticator({
    mode: "keys",
    configuredKeys: [configuredKey, "short"],
    keys,
    hasher,
    gate: createFailureGate({ now }),
    addressOf: (request) => String(request.headers["x-test-address"] ?? "10.0.0.1"),
    now,
    onUsed: (id) => used.push(id),
    ...options,
  });
  const present = (headers: IncomingHttpHeaders) => authenticate({ headers } as never);
  const codeOf = (headers: IncomingHttpHeaders): string => {
    try {
      present(headers);
      return "admitted";
    } catch (error) {
      if (error instanceof TokenHubError) return error.code;
      throw error;
    }
  };
  return { present, codeOf, clock, used };
}

const bearer = (key: string): IncomingHttpHeaders => ({ authorization: `Bearer ${key}` });

describe("S3-92: a key is taken", () => {
  test.each([
    ["a bearer token", bearer(secret)],
    ["a bearer token whose scheme is in lower case", { authorization: `bearer   ${secret} ` }],
    ["x-api-key", { "x-api-key": secret }],
    ["api-key", { "api-key": secret }],
    ["x-api-key, which comes before a bearer token", { "x-api-key": secret, ...bearer("another") }],
  ])("from %s", (_where, headers) => {
    const { present, used } = setup();
    expect(present(headers)).toMatchObject({ tenantId: "default", projectId: null, keyId: "key_1" });
    expect(used).toEqual(["key_1"]);
  });

  test.each(["keys", "open"] as const)("when it is configured, in mode %s", (mode) => {
    const { present, used } = setup({ options: { mode } });
    expect(present(bearer(configuredKey))).toMatchObject({ tenantId: "default", keyId: null, scopes: [] });
    expect(used).toEqual([]);
  });
});

describe("S3-92: without a key", () => {
  test.each([
    {},
    { authorization: "" },
    { authorization: "Bearer " },
    { authorization: "Basic YTpi" },
    { "x-api-key": " " },
  ])("%j is refused in mode keys and anonymous in mode open", (headers) => {
    expect(setup().codeOf(headers)).toBe("missing_api_key");
    expect(setup({ options: { mode: "open" } }).present(headers)).toMatchObject({
      tenantId: "anonymous",
      keyId: null,
      rates: [{ subject: "address:10.0.0.1", requestsPerSecond: null }],
    });
  });

  test("nobody is admitted when the anonymous tenant is disabled", () => {
    const tenant = {
      id: "anonymous",
      enabled: false,
      budgetNanoUsd: null,
      requestsPerSecond: null,
      concurrentRequests: null,
    };
    expect(setup({ options: { mode: "open" }, tenants: [tenant] }).codeOf({})).toBe("missing_api_key");
  });
});

describe("S3-92: a wrong key", () => {
  test.each(["keys", "open"] as const)(
    "is refused in mode %s with one message, whatever is wrong with it",
    (mode) => {
      const wrong = ["x", `${secret}a`, secret.slice(0, -1), secret.toUpperCase(), "é", "k".repeat(100_000)];
      const messages = wrong.map((key) => {
        const { present } = setup({ options: { mode } });
        try {
          present(bearer(key));
        } catch (error) {
          return error instanceof TokenHubError ? `${error.code}: ${error.message}` : String(error);
        }
        return "admitted";
      });
      expect(new Set(messages).size).toBe(1);
      expect(messages[0]).toMatch(/^invalid_api_key: /);
    },
  );

  test("S4-45: slows its address down after five, and other addresses not at all", () => {
    const { codeOf, clock } = setup();
    const codes = Array.from({ length: 7 }, (_, index) => codeOf(bearer(`wrong ${index}`)));
    expect(codes).toEqual([...Array<string>(6).fill("invalid_api_key"), "too_many_attempts"]);
    expect(codeOf({ ...bearer("wrong"), "x-test-address": "10.0.0.2" })).toBe("invalid_api_key");
    clock.nowMs += 1_000;
    expect(codeOf(bearer("wrong"))).toBe("invalid_api_key");
    expect(codeOf(bearer("wrong"))).toBe("too_many_attempts");
  });

  test("never keeps a right key from the same address out, and is forgotten by it", () => {
    const { codeOf } = setup();
    for (let index = 0; index < 20; index += 1) codeOf(bearer("wrong"));
    expect(codeOf(bearer("wrong"))).toBe("too_many_attempts");
    expect(codeOf(bearer(secret))).toBe("admitted");
    expect(codeOf(bearer("wrong"))).toBe("invalid_api_key");
  });

  test("makes a configured key that is short enough to be guessed wait, too", () => {
    const { codeOf, clock } = setup();
    for (let index = 0; index < 7; index += 1) codeOf(bearer("wrong"));
    expect(codeOf(bearer("short"))).toBe("too_many_attempts");
    expect(codeOf(bearer(configuredKey))).toBe("admitted");
    clock.nowMs += 300_000;
    expect(codeOf(bearer("short"))).toBe("admitted");
  });
});

describe("S3-92: who holds a key is told", () => {
  test.each([
    ["that it is disabled", { enabled: false }, "api_key_disabled"],
    ["that it has expired", { expiresAtMs: 1_000_000 }, "api_key_expired"],
    ["nothing before it expires", { expiresAtMs: 1_000_001 }, "admitted"],
    ["that it was not rotated in time", { rotationDueAtMs: 1_000_000 }, "api_key_expired"],
    ["nothing before its rotation is due", { rotationDueAtMs: 1_000_001 }, "admitted"],
    ["that it is disabled rather than expired", { enabled: false, expiresAtMs: 1 }, "api_key_disabled"],
  ])("%s", (_what, key, code) => {
    const { codeOf, used } = setup({ key });
    expect(codeOf(bearer(secret))).toBe(code);
    expect(used).toEqual(code === "admitted" ? ["key_1"] : []);
  });

  test("that its tenant or project is disabled", () => {
    const tenant = {
      id: "t",
      enabled: false,
      budgetNanoUsd: null,
      requestsPerSecond: null,
      concurrentRequests: null,
    };
    const project = { id: "p", enabled: false, budgetNanoUsd: null };
    expect(setup({ key: { tenantId: "t" }, tenants: [tenant] }).codeOf(bearer(secret))).toBe(
      "api_key_disabled",
    );
    expect(setup({ key: { projectId: "p" }, projects: [project] }).codeOf(bearer(secret))).toBe(
      "api_key_disabled",
    );
  });

  test("a holder of a refused key is not taken for one who guesses", () => {
    const { codeOf } = setup({ key: { enabled: false } });
    for (let index = 0; index < 20; index += 1) expect(codeOf(bearer(secret))).toBe("api_key_disabled");
    expect(codeOf(bearer("wrong"))).toBe("invalid_api_key");
  });
});

test("S3-92: the caller of a key has the limits of the key, its project and its tenant", () => {
  const tenant = { id: "t", enabled: true, budgetNanoUsd: 3, requestsPerSecond: 50, concurrentRequests: 20 };
  const project = { id: "p", enabled: true, budgetNanoUsd: 2 };
  const key = {
    tenantId: "t",
    projectId: "p",
    scopes: ["chat"],
    allowedModels: ["m"],
    budgetNanoUsd: 1,
    budgetResetAtMs: 9,
    requestsPerSecond: 5,
    concurrentRequests: 4,
  };
  expect(setup({ key, tenants: [tenant], projects: [project] }).present(bearer(secret))).toEqual({
    tenantId: "t",
    projectId: "p",
    keyId: "key_1",
    scopes: ["chat"],
    allowedModels: ["m"],
    rates: [
      { subject: "tenant:t", requestsPerSecond: 50 },
      { subject: "key:key_1", requestsPerSecond: 5 },
    ],
    places: [
      { subject: "tenant:t", atOnce: 20 },
      { subject: "key:key_1", atOnce: 4 },
    ],
    budgets: [
      { kind: "key", id: "key_1", resetAtMs: 9, limitNanoUsd: 1 },
      { kind: "project", id: "p", resetAtMs: null, limitNanoUsd: 2 },
      { kind: "tenant", id: "t", resetAtMs: null, limitNanoUsd: 3 },
    ],
  });
});

test("a caller without a key of the database has the number of running requests of its tenant", () => {
  const tenants = ["default", "anonymous"].map((id, index) => ({
    id,
    enabled: true,
    budgetNanoUsd: null,
    requestsPerSecond: null,
    concurrentRequests: index + 1,
  }));
  const { present } = setup({ options: { mode: "open" }, tenants });
  expect(present(bearer(configuredKey)).places).toEqual([{ subject: "tenant:default", atOnce: 1 }]);
  expect(present({}).places).toEqual([{ subject: "tenant:anonymous", atOnce: 2 }]);
  expect(setup().present(bearer(secret)).places).toEqual([]);
});

test("anonymous IPv6 clients of one /64 network share one rate, those of another have their own", () => {
  const { present } = setup({ options: { mode: "open" } });
  const subjectOf = (address: string) => present({ "x-test-address": address }).rates[0]?.subject;
  expect(subjectOf("2001:db8:1:2::1")).toBe("address:2001:db8:1:2::/64");
  expect(subjectOf("2001:db8:1:2:ffff::9")).toBe(subjectOf("2001:db8:1:2::1"));
  expect(subjectOf("2001:db8:1:3::1")).not.toBe(subjectOf("2001:db8:1:2::1"));
});
