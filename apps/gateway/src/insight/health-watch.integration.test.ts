import type { Catalogue, ProviderHealth } from "@tokenhub/contracts";
import { createEventRepository, type Database } from "@tokenhub/persistence";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { openTestDatabase } from "./database.fixture.ts";
import { startHealthWatch } from "./health-watch.ts";

const healthy: ProviderHealth = {
  status: "healthy",
  consecutiveErrors: 0,
  breaker: "closed",
  openedAtMs: 0,
  cooldownUntilMs: 0,
  latencyMs: 10,
  errorRate: 0,
};

let database: Database;
let health: Map<string, ProviderHealth>;
let providerIds: string[];
let channel: string;
beforeEach(async () => {
  database = await openTestDatabase();
  health = new Map();
  providerIds = ["one", "two"];
  channel = uniquePrefix();
});

async function watch({
  isLeader = () => true,
  db = database.db,
}: { isLeader?: () => boolean; db?: Database["db"] } = {}) {
  const subscriber = new Redis(inject("redisUrl"));
  const errors: unknown[] = [];
  const watching = await startHealthWatch({
    db,
    subscriber,
    keyspace: { healthChannel: channel },
    readHealth: async () => health,
    catalogue: () => ({ version: 1, providers: providerIds.map((id) => ({ id })) }) as unknown as Catalogue,
    isLeader,
    onEvents: () => undefined,
    onError: (error) => void errors.push(error),
    now: Date.now,
    intervalMs: 60_000,
  });
  const stop = async (): Promise<void> => {
    await watching[Symbol.asyncDispose]();
    subscriber.disconnect();
  };
  onTestFinished(stop);
  return { check: watching.check, stop, errors };
}

async function told(): Promise<unknown[]> {
  const events = await createEventRepository(database.db).listAfter(0, { limit: 100 });
  return events.map(({ data }) => {
    const { provider_id, old_state, new_state, new_breaker } = data as Record<string, string>;
    return [provider_id, `${old_state}>${new_state}`, ...(new_breaker === undefined ? [] : [new_breaker])];
  });
}

describe("S1-32: changes of a provider's health", () => {
  test("are told once each, with the breaker's, and providers that are well go without saying", async () => {
    const { check } = await watch();
    await check();
    expect(await told()).toEqual([]);
    health.set("one", { ...healthy, status: "degraded" });
    await check();
    await check();
    health.set("one", { ...healthy, status: "degraded", breaker: "open" });
    await check();
    health.set("one", healthy);
    await check();
    expect(await told()).toEqual([
      ["one", "healthy>degraded"],
      ["one", "degraded>degraded", "open"],
      ["one", "degraded>healthy", "closed"],
    ]);
  });

  test("are seen at once when a worker announces one", async () => {
    await watch();
    health.set("two", { ...healthy, status: "down" });
    const publisher = new Redis(inject("redisUrl"));
    onTestFinished(() => publisher.disconnect());
    await publisher.publish(channel, "any");
    await until("the event", async () => (await told()).length === 1);
    expect(await told()).toEqual([["two", "healthy>down"]]);
  });

  test("are told for a provider that was removed", async () => {
    const { check } = await watch();
    await check();
    providerIds = ["two"];
    await check();
    await check();
    expect(await told()).toEqual([["one", "healthy>removed"]]);
  });

  test("are told by the leader only; the next leader repeats nothing and tells what happened in between", async () => {
    let leader = 1;
    const first = await watch({ isLeader: () => leader === 1 });
    const second = await watch({ isLeader: () => leader === 2 });
    const bothCheck = () => Promise.all([first.check(), second.check()]);
    health.set("one", { ...healthy, status: "degraded" });
    await bothCheck();
    leader = 0;
    health.set("one", { ...healthy, status: "down" });
    await bothCheck();
    leader = 2;
    await bothCheck();
    await bothCheck();
    expect(await told()).toEqual([
      ["one", "healthy>degraded"],
      ["one", "degraded>down"],
    ]);
  });
});
