import { until } from "@tokenhub/testkit";
import type { Gateway } from "@tokenhub/gateway";
import { describe, expect, inject, it } from "vitest";
import { openSite, type Site } from "../lifecycle/site.ts";
import { openAdminSide, type AdminSide } from "./admin-side.ts";
import { chatDoor, errorOf, knock } from "./doors.ts";

const promisedMs = 1_000;

async function open(): Promise<{ site: Site; admin: AdminSide; gateways: readonly Gateway[] }> {
  const redisUrl = inject("redisUrl");
  const site = await openSite({ redisUrl });
  const first = await site.startAll();
  const second = await site.startGateway();
  const redisPrefix = /\{(.+)\}/.exec(site.keyspace.facts)?.[1] ?? "";
  const admin = await openAdminSide({ redisUrl, redisPrefix, directory: site.directory });
  return { site, admin, gateways: [first, second] };
}

describe("S3-92: with two gateways", () => {
  it("a key is created, disabled, enabled, rotated with grace and deleted everywhere within a second", async () => {
    const { site, admin, gateways } = await open();
    await using _site = site;
    await using _admin = admin;
    const standing = async (key: string): Promise<string[]> => {
      const answers = await Promise.all(gateways.map((gateway) => knock(gateway, chatDoor, key)));
      return answers.map((answer) => (answer.status === 200 ? "open" : String(errorOf(answer).code)));
    };
    const everywhere = (key: string, expected: string): Promise<unknown> =>
      until(
        `every gateway to say ${expected}`,
        async () => (await standing(key)).every((state) => state === expected),
        promisedMs,
      );

    const { id, key } = await admin.createKey();
    await everywhere(key, "open");
    await admin.call("PATCH", `/apikeys/${id}`, { enabled: false });
    await everywhere(key, "api_key_disabled");
    await admin.call("PATCH", `/apikeys/${id}`, { enabled: true });
    await everywhere(key, "open");
    const { key: next } = (await admin.call("POST", `/apikeys/${id}/rotate`, { grace_period: "1h" })) as {
      key: string;
    };
    await everywhere(next, "open");
    expect(await standing(key)).toEqual(["open", "open"]);
    const { key: last } = (await admin.call("POST", `/apikeys/${id}/rotate`)) as { key: string };
    await everywhere(last, "open");
    await everywhere(next, "invalid_api_key");
    await everywhere(key, "invalid_api_key");
    await admin.call("DELETE", `/apikeys/${id}`);
    await everywhere(last, "invalid_api_key");
  });

  it("a disabled tenant shuts all its keys out, and they come back with it", async () => {
    const { site, admin, gateways } = await open();
    await using _site = site;
    await using _admin = admin;
    await admin.call("POST", "/tenants", { id: "team", name: "Team" });
    const { key } = await admin.createKey({ tenant_id: "team" });
    const statuses = async () =>
      (await Promise.all(gateways.map((gateway) => knock(gateway, chatDoor, key)))).map(
        ({ status }) => status,
      );
    const become = (status: number) =>
      until(`${status}`, async () => (await statuses()).every((found) => found === status), promisedMs);
    await become(200);
    await admin.call("PATCH", "/tenants/team", { enabled: false });
    await become(401);
    const refused = await knock(gateways[0] ?? { url: "" }, chatDoor, key);
    expect(errorOf(refused)).toMatchObject({
      code: "api_key_disabled",
      message: expect.stringContaining("tenant"),
    });
    await admin.call("PATCH", "/tenants/team", { enabled: true });
    await become(200);
  });

  it("a rate of a key's own is exact over both, and the time to wait is told", async () => {
    const { site, admin, gateways } = await open();
    await using _site = site;
    await using _admin = admin;
    // So slow that nothing is added while the test runs.
    const { key } = await admin.createKey({ rate_limit_rps: 0.02 });
    const { key: unlimited } = await admin.createKey({ rate_limit_rps: -1 });
    await until(
      "the keys to be known",
      async () =>
        (
          await Promise.all(
            gateways.map((gateway) =>
              fetch(`${gateway.url}/v1/models`, { headers: { "x-api-key": unlimited } }),
            ),
          )
        ).every(({ ok }) => ok),
      promisedMs,
    );
    const burst = (secret: string) =>
      Promise.all(
        Array.from({ length: 20 }, (_, index) => knock(gateways[index % 2] ?? { url: "" }, chatDoor, secret)),
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
