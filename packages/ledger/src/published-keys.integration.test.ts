import { createKeyspace } from "@tokenhub/contracts";
import { uniquePrefix } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { expect, inject, test } from "vitest";
import { createPublishedKeys, type KeyPublication } from "./published-keys.ts";

function setup() {
  const redis = new Redis(inject("redisUrl"));
  const keyspace = createKeyspace(uniquePrefix());
  return {
    redis,
    keyspace,
    keys: createPublishedKeys(redis, keyspace),
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}

const state = (
  revision: number,
  names: readonly string[],
  more: Partial<KeyPublication> = {},
): KeyPublication => ({
  revision,
  entries: names.map((name) => ({ name, sealed: `${name} sealed in ${revision}` })),
  lease: null,
  force: false,
  ...more,
});

test("a publication replaces all entries of the one before, and an older one changes nothing", async () => {
  await using bench = setup();
  const { keys } = bench;
  expect(await keys.publish(state(3, ["a", "b"]))).toBe(true);
  expect(await keys.publish(state(4, ["b", "c"]))).toBe(true);
  expect(await keys.publish(state(3, ["a", "b"]))).toBe(false);
  expect(await Promise.all(["a", "b", "c"].map((name) => keys.readSealedEntry(name)))).toEqual([
    null,
    "b sealed in 4",
    "c sealed in 4",
  ]);
  expect(await keys.publish(state(4, ["c"]))).toBe(true);
  expect(await keys.readSealedEntry("b")).toBeNull();
});

test("a restored backup has a lower revision, and counts when it is published by force", async () => {
  await using bench = setup();
  const { keys } = bench;
  await keys.publish(state(9, ["a"]));
  expect(await keys.publish(state(2, ["b"], { force: true }))).toBe(true);
  expect(await keys.readSealedEntry("b")).toBe("b sealed in 2");
  expect(await keys.publish(state(3, ["c"]))).toBe(true);
});

test("a lease ends by itself; a publication without one leaves it, and an older one does not bring it back", async () => {
  await using bench = setup();
  const { keys, redis, keyspace } = bench;
  await keys.publish(state(2, ["a"], { lease: { text: "lease-1", ttlMs: 50_000 } }));
  const ttlMs = await redis.pttl(keyspace.vaultLease);
  expect([ttlMs > 49_000, ttlMs <= 50_000]).toEqual([true, true]);
  await keys.publish(state(3, ["a"]));
  expect(await keys.readLease()).toBe("lease-1");
  expect(await keys.endLease(null)).toBe(true);
  await keys.publish(state(2, ["a"], { lease: { text: "lease-of-old-key", ttlMs: 50_000 } }));
  expect(await keys.readLease()).toBeNull();
});

test("a gateway takes away its own lease only, unless everybody's is meant", async () => {
  await using bench = setup();
  const { keys } = bench;
  await keys.publish(state(1, [], { lease: { text: "of-another", ttlMs: 50_000 } }));
  expect(await keys.endLease("my-own")).toBe(false);
  expect(await keys.readLease()).toBe("of-another");
  expect(await keys.endLease("of-another")).toBe(true);
  expect([await keys.readLease(), await keys.endLease("of-another")]).toEqual([null, true]);
});

test("what is there, and when a key was last used, is seen in one look", async () => {
  await using bench = setup();
  const { keys, redis, keyspace } = bench;
  expect(await keys.inspect()).toEqual({ isPublished: false, hasLease: false, lastUse: null });
  await keys.publish(state(0, [], { lease: { text: "lease", ttlMs: 50_000 } }));
  await keys.noteUse(1_795_000_000_000);
  expect(await keys.inspect()).toEqual({ isPublished: true, hasLease: true, lastUse: "1795000000000" });
  await redis.del(keyspace.vaultRevision);
  expect((await keys.inspect()).isPublished).toBe(false);
});
