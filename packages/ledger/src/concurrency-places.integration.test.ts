import { createKeyspace } from "@tokenhub/contracts";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createConcurrencyPlaces } from "./concurrency-places.ts";

const redis = new Redis(inject("redisUrl"));
const connections = [redis, ...Array.from({ length: 3 }, () => new Redis(inject("redisUrl")))];
afterAll(() => connections.forEach((connection) => connection.disconnect()));

const leaseMs = 30_000;
const key = { subject: "key:a", atOnce: 5 };
const tenant = { subject: "tenant:t", atOnce: 2 };

function setup() {
  const keyspace = createKeyspace(uniquePrefix());
  const gateways = connections.map((connection) => createConcurrencyPlaces({ redis: connection, keyspace }));
  const places = createConcurrencyPlaces({ redis, keyspace });
  const heldBy = (subject: string) => redis.zcard(keyspace.rateBucket(`at-once:${subject}`));
  return { keyspace, gateways, places, heldBy };
}

describe("places that several gateways share", () => {
  it("gives out exactly as many as there are, however many ask at once and wherever", async () => {
    const { gateways, places, heldBy } = setup();
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        (gateways[index % gateways.length] ?? places).take([key], { id: `r${index}`, leaseMs }),
      ),
    );
    expect(outcomes.filter((refusal) => refusal === null)).toHaveLength(5);
    expect(outcomes.filter((refusal) => refusal === key)).toHaveLength(95);
    expect(await heldBy("key:a")).toBe(5);
  });

  it("takes a place of every subject or of none, and says which has none left", async () => {
    const { places, heldBy } = setup();
    expect(await places.take([key, tenant], { id: "1", leaseMs })).toBeNull();
    expect(await places.take([key, tenant], { id: "2", leaseMs })).toBeNull();
    expect(await places.take([key, tenant], { id: "3", leaseMs })).toBe(tenant);
    expect([await heldBy("key:a"), await heldBy("tenant:t")]).toEqual([2, 2]);
    await places.free(["key:a", "tenant:t"], "1");
    expect([await heldBy("key:a"), await heldBy("tenant:t")]).toEqual([1, 1]);
    expect(await places.take([key, tenant], { id: "3", leaseMs })).toBeNull();
  });

  it("the same request never takes a second place", async () => {
    const { places, heldBy } = setup();
    const single = { subject: "key:a", atOnce: 1 };
    expect(await places.take([single], { id: "1", leaseMs })).toBeNull();
    expect(await places.take([single], { id: "1", leaseMs })).toBeNull();
    expect(await heldBy("key:a")).toBe(1);
    expect(await places.take([single], { id: "2", leaseMs })).toBe(single);
  });

  it("a place of a gateway that died is free after its lease, one that is renewed is not", async () => {
    const { places } = setup();
    const single = { subject: "key:a", atOnce: 1 };
    const short = { leaseMs: 200 };
    const startedAtMs = performance.now();
    expect(await places.take([single], { id: "dead", ...short })).toBeNull();
    expect(await places.take([single], { id: "other", ...short })).toBe(single);
    await until(
      "the lease to end",
      async () => (await places.take([single], { id: "other", leaseMs })) === null,
      2_000,
    );
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(195);
    await places.renew("key:a", { ids: ["other"], ...short });
    await places.renew("key:a", { ids: ["other"], leaseMs });
    expect(await places.take([single], { id: "third", leaseMs })).toBe(single);
  });

  it("a renewal brings back places that Redis has lost", async () => {
    const { keyspace, places, heldBy } = setup();
    await places.take([key], { id: "1", leaseMs });
    await redis.del(keyspace.rateBucket("at-once:key:a"));
    await places.renew("key:a", { ids: ["1", "2"], leaseMs });
    expect(await heldBy("key:a")).toBe(2);
  });

  it("takes over a limit that was changed, and leaves nothing in Redis when all leases are over", async () => {
    const { keyspace, places } = setup();
    await places.take([key], { id: "1", leaseMs });
    await places.take([key], { id: "2", leaseMs });
    const lowered = { ...key, atOnce: 1 };
    expect(await places.take([lowered], { id: "3", leaseMs })).toBe(lowered);
    const leftMs = await redis.pttl(keyspace.rateBucket("at-once:key:a"));
    expect(leftMs).toBeGreaterThan(leaseMs - 5_000);
    expect(leftMs).toBeLessThanOrEqual(leaseMs + 1_000);
  });
});
