import type { KeyPublication, PublishedKeys } from "@tokenhub/ledger";
import type { SealedLease } from "@tokenhub/vault";
import { expect, test } from "vitest";
import { createKeyPublisher, type KeyPublisher, type OwnNotice } from "./key-publisher.ts";

interface Bench extends AsyncDisposable {
  readonly publisher: KeyPublisher;
  readonly vault: { isUnlocked: boolean; dataKeyId: string };
  readonly redis: { lease: string | null; isAway: boolean; published: KeyPublication[] };
  readonly notices: OwnNotice[];
  readonly troubles: unknown[];
  /** Run once, at that moment. */
  readonly at: Record<"sealing" | "publishing" | "published", () => void>;
}

/** A publisher over a vault and a Redis that do as the test says. */
function setup(): Bench {
  const vault = { isUnlocked: true, dataKeyId: "dk_1" };
  const redis: Bench["redis"] = { lease: null, isAway: false, published: [] };
  const notices: OwnNotice[] = [];
  const troubles: unknown[] = [];
  const nothing = (): void => undefined;
  const at = { sealing: nothing, publishing: nothing, published: nothing };
  const reach = (moment: keyof typeof at): void => {
    const run = at[moment];
    at[moment] = nothing;
    run();
  };
  const online = async (): Promise<void> => {
    await Promise.resolve();
    if (redis.isAway) throw new Error("Redis is away");
  };
  const keys: PublishedKeys = {
    async publish(publication) {
      reach("publishing");
      await online();
      redis.published.push(publication);
      if (publication.lease !== null) redis.lease = publication.lease.text;
      reach("published");
      return true;
    },
    async endLease(text) {
      await online();
      if (text !== null && redis.lease !== text) return redis.lease === null;
      redis.lease = null;
      return true;
    },
    inspect: async () => ({ isPublished: true, hasLease: redis.lease !== null, lastUse: null }),
    readLease: async () => redis.lease,
    readSealedEntry: async () => null,
    noteUse: async () => undefined,
  };
  let leases = 0;
  const publisher = createKeyPublisher({
    vault: {
      isUnlocked: () => vault.isUnlocked,
      async sealLease(): Promise<SealedLease> {
        reach("sealing");
        await Promise.resolve();
        leases += 1;
        const { dataKeyId } = vault;
        return { leaseId: `lea_${leases}`, text: `lease-${leases}`, dataKeyId, expiresAtMs: 60_000 };
      },
    },
    store: {
      load: async () => ({
        revision: 1,
        envelopeJson: "",
        entries: [
          { name: "provider:a:api_key", dataKeyId: vault.dataKeyId, sealed: "s", version: 1, updatedAtMs: 0 },
          { name: "secret:b", dataKeyId: vault.dataKeyId, sealed: "s", version: 1, updatedAtMs: 0 },
        ],
      }),
    },
    keys,
    async sendNotice(notice) {
      await online();
      notices.push(notice);
    },
    clusterSecret: Buffer.alloc(32),
    leaseTtlMs: () => 60_000,
    beforePublishing: async () => undefined,
    onUse: () => undefined,
    onTrouble: (error) => troubles.push(error),
    now: () => 0,
    checkEveryMs: 20,
    renewAfterMs: 1_000_000,
  });
  return {
    publisher,
    vault,
    redis,
    notices,
    troubles,
    at,
    [Symbol.asyncDispose]: () => publisher[Symbol.asyncDispose](),
  };
}

const lockOf =
  ({ vault, publisher }: Bench) =>
  (): void => {
    vault.isUnlocked = false;
    publisher.endLease("any", { kind: "locked" });
  };

test("workers get provider keys and a lease; other secrets stay where they are", async () => {
  await using bench = setup();
  bench.publisher.publish({ kind: "keys-replaced" });
  await bench.publisher.settled();
  expect(bench.redis.lease).not.toBeNull();
  expect(bench.redis.published.at(-1)?.entries.map(({ name }) => name)).toEqual(["provider:a:api_key"]);
  expect(bench.notices).toContainEqual({ kind: "keys-replaced" });
});

test.each(["sealing", "publishing", "published"] as const)(
  "S1d-24: a vault that is locked in the moment of %s leaves no lease behind",
  async (moment) => {
    await using bench = setup();
    bench.at[moment] = lockOf(bench);
    bench.publisher.publish();
    await bench.publisher.settled();
    expect(bench.redis.lease).toBeNull();
    expect(bench.notices).toContainEqual({ kind: "locked" });
  },
);

test("a data key that is replaced while it is leased is never published beside entries it does not open", async () => {
  await using bench = setup();
  bench.at.sealing = () => void (bench.vault.dataKeyId = "dk_2");
  bench.publisher.publish();
  await bench.publisher.settled();
  expect(bench.troubles).toEqual([]);
  expect(bench.redis.published).toHaveLength(2);
});

test("what could not be told while Redis was away is told when it is back", async () => {
  await using bench = setup();
  bench.publisher.publish();
  await bench.publisher.settled();
  bench.redis.isAway = true;
  bench.publisher.publish({ kind: "entry-changed", name: "provider:a:api_key" });
  await bench.publisher.settled();
  lockOf(bench)();
  await bench.publisher.settled();
  expect(bench.troubles.length).toBeGreaterThan(0);
  bench.redis.isAway = false;
  await expect.poll(() => bench.redis.lease).toBeNull();
  await expect
    .poll(() => bench.notices)
    .toContainEqual({ kind: "entry-changed", name: "provider:a:api_key" });
  await expect.poll(() => bench.notices).toContainEqual({ kind: "locked" });
});
