import { inspect } from "node:util";
import { expect, test } from "vitest";
import { buildOpenVault, type TestVault } from "../testing/build-vault.ts";
import { createKeyCache, type KeyCache, type KeySource } from "./key-cache.ts";

const clusterSecret = Buffer.alloc(32, 0x5a);

/** A gateway with one provider key, what it has published, and a worker's cache. */
async function setup(): Promise<{
  readonly gateway: TestVault;
  readonly published: { lease: string | null; entries: Map<string, string> };
  readonly publish: () => Promise<void>;
  readonly cache: KeyCache;
  readonly reads: { count: number; during: (() => void | Promise<void>) | null };
}> {
  const gateway = await buildOpenVault();
  await gateway.vault.set("provider:openai:api_key", "sk-1");
  const published = { lease: null as string | null, entries: new Map<string, string>() };
  const publish = async (): Promise<void> => {
    published.lease = (await gateway.vault.sealLease({ clusterSecret, ttlMs: 60_000 })).text;
    published.entries = new Map(
      (await gateway.vault.sealedEntries()).map(({ name, sealed }) => [name, sealed]),
    );
  };
  await publish();
  const reads: { count: number; during: (() => void | Promise<void>) | null } = { count: 0, during: null };
  const source: KeySource = {
    readLease: async () => {
      reads.count += 1;
      const { lease } = published;
      await reads.during?.();
      return lease;
    },
    readSealedEntry: async (name) => published.entries.get(name) ?? null,
  };
  const cache = createKeyCache({ source, clusterSecret, now: () => gateway.clock.nowMs });
  return { gateway, published, publish, cache, reads };
}

test("S2-73: a key is opened once and then comes from memory", async () => {
  const { cache, reads } = await setup();
  for (let turn = 0; turn < 5; turn += 1) {
    expect(await cache.find("openai")).toEqual({ kind: "key", key: "sk-1" });
  }
  expect(reads.count).toBe(1);
});

test("a provider without a key is missing, and found as soon as it has one", async () => {
  const { cache, gateway, publish } = await setup();
  expect(await cache.find("anthropic")).toEqual({ kind: "missing" });
  await gateway.vault.set("provider:anthropic:api_key", "sk-2");
  await publish();
  expect(await cache.find("anthropic")).toEqual({ kind: "key", key: "sk-2" });
});

test("a key that was changed is used once the old one is dropped", async () => {
  const { cache, gateway, publish } = await setup();
  await cache.find("openai");
  await gateway.vault.set("provider:openai:api_key", "sk-changed");
  await publish();
  expect(await cache.find("openai")).toEqual({ kind: "key", key: "sk-1" });
  cache.drop("openai");
  expect(await cache.find("openai")).toEqual({ kind: "key", key: "sk-changed" });
});

test("S1d-24: after forgetting, a locked vault gives no key any more", async () => {
  const { cache, gateway, published } = await setup();
  await cache.find("openai");
  gateway.vault.lock();
  published.lease = null;
  cache.forget();
  expect(await cache.find("openai")).toEqual({ kind: "locked" });
});

test("S1-8: a worker that hears nothing forgets a key when the lease it came from ends", async () => {
  const { cache, gateway, published, publish } = await setup();
  await cache.find("openai");
  gateway.clock.nowMs += 59_999;
  expect((await cache.find("openai")).kind).toBe("key");
  gateway.clock.nowMs += 1;
  published.lease = null;
  expect(await cache.find("openai")).toEqual({ kind: "locked" });
  await publish();
  expect((await cache.find("openai")).kind).toBe("key");
});

test("a lease that has expired counts as locked, not as an error", async () => {
  const { cache, gateway } = await setup();
  gateway.clock.nowMs += 60_000;
  expect(await cache.find("openai")).toEqual({ kind: "locked" });
});

test("a key read while it is being dropped is read again, and a lock that comes in between is obeyed", async () => {
  const changed = await setup();
  changed.reads.during = async () => {
    changed.reads.during = null;
    await changed.gateway.vault.set("provider:openai:api_key", "sk-changed");
    await changed.publish();
    changed.cache.drop("openai");
  };
  expect(await changed.cache.find("openai")).toEqual({ kind: "key", key: "sk-changed" });

  const locked = await setup();
  locked.reads.during = () => {
    locked.reads.during = null;
    locked.published.lease = null;
    locked.cache.forget();
  };
  expect(await locked.cache.find("openai")).toEqual({ kind: "locked" });

  const busy = await setup();
  busy.reads.during = () => busy.cache.forget();
  expect(await busy.cache.find("openai")).toEqual({ kind: "locked" });
  expect(busy.reads.count).toBe(3);
});

test("between the publication of a new data key and of the entries under it a key counts as locked", async () => {
  const { cache, gateway, published, publish } = await setup();
  await gateway.vault.rotateDataKey();
  published.lease = (await gateway.vault.sealLease({ clusterSecret, ttlMs: 60_000 })).text;
  expect(await cache.find("openai")).toEqual({ kind: "locked" });
  await publish();
  expect(await cache.find("openai")).toEqual({ kind: "key", key: "sk-1" });
});

test("S3-53: a published entry that was changed, or belongs to another provider, is refused", async () => {
  const { cache, gateway, published, publish } = await setup();
  await gateway.vault.set("provider:other:api_key", "sk-other");
  await publish();
  published.entries.set("provider:openai:api_key", published.entries.get("provider:other:api_key") ?? "");
  await expect(cache.find("openai")).rejects.toMatchObject({ code: "tampered" });
});

test("a cache prints none of its keys", async () => {
  const { cache } = await setup();
  await cache.find("openai");
  expect(inspect(cache, { depth: null, showHidden: true }) + JSON.stringify(cache)).not.toMatch(
    /sk-1|Buffer/,
  );
});
