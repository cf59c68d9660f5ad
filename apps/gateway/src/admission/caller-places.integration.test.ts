import { createKeyspace } from "@tokenhub/contracts";
import { createConcurrencyPlaces } from "@tokenhub/ledger";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { createCallerPlaces } from "./caller-places.ts";

const redis = new Redis(inject("redisUrl"));
afterAll(() => redis.disconnect());

const leaseMs = 300;
const single = { places: [{ subject: "key:a", atOnce: 1 }] };
const refusal = { code: "rate_limited", retryAfterMs: 1_000 };

function setup() {
  const clock = { nowMs: 0 };
  const keyspace = createKeyspace(uniquePrefix());
  const errors: unknown[] = [];
  const shared = createConcurrencyPlaces({ redis, keyspace });
  const openGateway = () => {
    const places = createCallerPlaces({
      shared,
      now: () => clock.nowMs,
      onError: (error) => errors.push(error),
      leaseMs,
    });
    onTestFinished(() => places[Symbol.dispose]());
    return places;
  };
  return { clock, errors, openGateway };
}

const untilFree = (gateway: ReturnType<ReturnType<typeof setup>["openGateway"]>, id: string) =>
  until("a place", async () => (await gateway.take(single, id)?.catch(() => null)) ?? undefined, 5_000);

describe("the number of requests that run at once", () => {
  it("is kept over two gateways: one more is refused with 429 and the time to wait until one has ended", async () => {
    const { openGateway, errors } = setup();
    const [here, there] = [openGateway(), openGateway()];
    const place = await here.take(single, "1");
    await expect(there.take(single, "2")).rejects.toMatchObject(refusal);
    await expect(here.take(single, "3")).rejects.toThrow(/this API key .*\(1\)/);
    place?.free();
    place?.free();
    await untilFree(there, "2");
    await expect(here.take(single, "1")).rejects.toMatchObject(refusal);
    expect(errors).toEqual([]);
  });

  it("asks nobody when there is no limit", () => {
    expect(setup().openGateway().take({ places: [] }, "1")).toBeNull();
  });

  it("a request that outlasts its lease keeps its place; the place of a gateway that died is free after it", async () => {
    const { openGateway } = setup();
    const [dying, other] = [openGateway(), openGateway()];
    await dying.take(single, "long");
    const endMs = performance.now() + 3 * leaseMs;
    await until("three leases to be over", async () => {
      await expect(other.take(single, "other")).rejects.toMatchObject(refusal);
      return performance.now() > endMs;
    });
    dying[Symbol.dispose]();
    const diedAtMs = performance.now();
    await untilFree(other, "other");
    expect(performance.now() - diedAtMs).toBeLessThan(4 * leaseMs);
  });

  it("a place that nobody freed is given up after an hour", async () => {
    const { openGateway, clock } = setup();
    const gateway = openGateway();
    await gateway.take(single, "forgotten");
    await expect(gateway.take(single, "next")).rejects.toMatchObject(refusal);
    clock.nowMs += 3_600_001;
    expect(await untilFree(gateway, "next")).toHaveProperty("free");
  });

  it("who is refused by its tenant takes no place of its key", async () => {
    const { openGateway } = setup();
    const gateway = openGateway();
    const tenant = { subject: "tenant:t", atOnce: 1 };
    const place = await gateway.take({ places: [tenant] }, "1");
    await expect(gateway.take({ places: [tenant, ...single.places] }, "2")).rejects.toThrow(/this tenant/);
    expect(await gateway.take(single, "3")).not.toBeNull();
    place?.free();
  });
});
