import { createKeyspace, type Catalogue } from "@tokenhub/contracts";
import { connectProducer } from "@tokenhub/queue";
import { uniquePrefix } from "@tokenhub/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createCatalogueService, type CatalogueStore } from "./catalogue-service.ts";

let redis: Redis;
const keyspace = createKeyspace(uniquePrefix());
beforeAll(async () => {
  redis = await connectProducer({ url: inject("redisUrl"), name: "test", onError: () => undefined });
});
afterAll(() => redis.disconnect());

const catalogueOf = (version: number): Catalogue => ({
  v: 1,
  version,
  providers: [],
  models: [],
  aliases: [],
});
const publishedVersion = async () => {
  const text = await redis.get(keyspace.catalogue);
  return text === null ? null : (JSON.parse(text) as Catalogue).version;
};

/** A database whose version a test moves, and whose answers it may hold back. */
function storeAt(start: number) {
  const state = { version: start, loads: 0, beforeAnswer: async () => undefined as void };
  const store: CatalogueStore = {
    applyConfig: async () => undefined,
    async load() {
      const { version } = state;
      state.loads += 1;
      await state.beforeAnswer();
      return catalogueOf(version);
    },
    version: async () => state.version,
  };
  return { state, store };
}

function serviceOver(store: CatalogueStore, { errors = [] as unknown[], client = redis } = {}) {
  return createCatalogueService({
    store,
    redis: client,
    keyspace,
    environmentAddressOf: () => null,
    onError: (error) => errors.push(error),
  });
}

describe("publishing the catalogue", () => {
  it("an older catalogue never follows a newer one, however many changes are announced at once", async () => {
    const { state, store } = storeAt(1);
    const service = serviceOver(store);
    let wait = 20;
    state.beforeAnswer = async () => {
      wait = Math.max(0, wait - 5);
      await new Promise((resolve) => setTimeout(resolve, wait));
    };
    const announced = Array.from({ length: 20 }, () => {
      state.version += 1;
      return service.announce();
    });
    await Promise.all(announced);
    expect(service.current().version).toBe(21);
    expect(await publishedVersion()).toBe(21);
    expect(state.loads).toBeLessThan(20);
  });

  it("what could not be published when it was changed is published by the next repair, and the change itself succeeds", async () => {
    const { state, store } = storeAt(30);
    const errors: unknown[] = [];
    let isDown = true;
    const client = new Proxy(redis, {
      get(target, name) {
        if (name === "multi" && isDown)
          return () => {
            throw new Error("Redis is away");
          };
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const service = serviceOver(store, { errors, client });
    await service.announce();
    expect(errors).toHaveLength(1);
    isDown = false;
    await service.repair();
    expect(await publishedVersion()).toBe(30);
    const { loads } = state;
    await service.repair();
    expect(state.loads).toBe(loads);
  });

  it("a change that another gateway made and did not live to publish is published by the repair", async () => {
    const { state, store } = storeAt(40);
    const service = serviceOver(store);
    await service.republish();
    state.version = 41;
    await service.repair();
    expect([await publishedVersion(), service.current().version]).toEqual([41, 41]);
  });

  it("a Redis that lost its data gets the catalogue again", async () => {
    const { store } = storeAt(50);
    const service = serviceOver(store);
    await service.republish();
    await redis.del(keyspace.catalogue);
    await service.repair();
    expect(await publishedVersion()).toBe(50);
  });
});
