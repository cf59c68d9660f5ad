import { until } from "@tokenhub/testkit";
import type { Gateway } from "@tokenhub/gateway";
import { describe, expect, inject, it } from "vitest";
import { openSite } from "../lifecycle/site.ts";
import { chatDoor, errorOf, knock } from "./doors.ts";
import { adminEnvironment, keyAdminOf } from "./key-admin.ts";

const promisedMs = 1_000;

/** Two gateways on one database and Redis; keys are administered through the first. */
async function open() {
  const site = await openSite({ redisUrl: inject("redisUrl"), env: adminEnvironment });
  const here = await site.startAll();
  const there = await site.startGateway();
  return { site, here, there, admin: keyAdminOf(here) };
}

/** What a gateway says to a key: `open`, or the code of its refusal. */
async function standingAt(gateway: Gateway, key: string): Promise<string> {
  const answer = await knock(gateway, chatDoor, key);
  return answer.status === 200 ? "open" : String(errorOf(answer).code);
}

describe("S3-92: with two gateways, what is done to a key", () => {
  it("is in force at once where it was done and within a second at the other", async () => {
    const { site, admin, here, there } = await open();
    await using _site = site;
    const become = async (key: string, expected: string): Promise<void> => {
      expect(await standingAt(here, key)).toBe(expected);
      const isThere = async (): Promise<boolean> => (await standingAt(there, key)) === expected;
      await until(`the other gateway to say ${expected}`, isThere, promisedMs);
    };

    const { id, key } = await admin.createKey();
    await become(key, "open");
    await admin.call("PATCH", `/apikeys/${id}`, { enabled: false });
    await become(key, "api_key_disabled");
    await admin.call("PATCH", `/apikeys/${id}`, { enabled: true });
    await become(key, "open");
    const { key: next } = await admin.call("POST", `/apikeys/${id}/rotate`, { grace_period: "1h" });
    await become(String(next), "open");
    await become(key, "open");
    const { key: last } = await admin.call("POST", `/apikeys/${id}/rotate`);
    await become(String(last), "open");
    await become(String(next), "invalid_api_key");
    await become(key, "invalid_api_key");
    await admin.call("DELETE", `/apikeys/${id}`);
    await become(String(last), "invalid_api_key");
  });

  it("by disabling its tenant shuts it out everywhere, until the tenant is enabled again", async () => {
    const { site, admin, here, there } = await open();
    await using _site = site;
    await admin.call("POST", "/tenants", { id: "team", name: "Team" });
    const { key } = await admin.createKey({ tenant_id: "team" });
    const become = async (expected: string): Promise<void> => {
      expect(await standingAt(here, key)).toBe(expected);
      const isThere = async (): Promise<boolean> => (await standingAt(there, key)) === expected;
      await until(`the other gateway to say ${expected}`, isThere, promisedMs);
    };
    await become("open");
    await admin.call("PATCH", "/tenants/team", { enabled: false });
    await become("api_key_disabled");
    await admin.call("PATCH", "/tenants/team", { enabled: true });
    await become("open");
  });

  it("survives a restart of the gateway", async () => {
    const { site, admin, here } = await open();
    await using _site = site;
    const { key } = await admin.createKey({ scopes: ["chat"] });
    const { key: disabled } = await admin.createKey({ enabled: false });
    await here[Symbol.asyncDispose]();
    const again = await site.startGateway();
    expect(await standingAt(again, key)).toBe("open");
    expect(await standingAt(again, disabled)).toBe("api_key_disabled");
  });
});

describe("S3-92: with two gateways, a rate of a key's own", () => {
  it("is exact over both, and the time to wait is told", async () => {
    const { site, admin, here, there } = await open();
    await using _site = site;
    // So slow that nothing is added while the test runs.
    const { key } = await admin.createKey({ rate_limit_rps: 0.02 });
    const { key: unlimited } = await admin.createKey({ rate_limit_rps: -1 });
    const isKnown = async (): Promise<boolean> => (await standingAt(there, unlimited)) === "open";
    await until("the other gateway to know the keys", isKnown, promisedMs);
    const burst = (secret: string) =>
      Promise.all(
        Array.from({ length: 20 }, (_, index) => knock(index % 2 === 0 ? here : there, chatDoor, secret)),
      );
    const answers = await burst(key);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(answer.status).toBe(429);
      expect(errorOf(answer)).toMatchObject({ code: "rate_limited", type: "rate_limit_error" });
      const waitMs = Number(answer.headers.get("retry-after-ms"));
      expect(waitMs).toBeGreaterThan(30_000);
      expect(Number(answer.headers.get("retry-after"))).toBe(Math.ceil(waitMs / 1_000));
      expect(answer.headers.get("x-should-retry")).toBe("true");
    }
    expect((await burst(unlimited)).map(({ status }) => status)).toEqual(Array(20).fill(200));
  });
});
