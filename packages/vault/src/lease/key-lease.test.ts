import { inspect } from "node:util";
import { expect, test } from "vitest";
import { openSealedEntry } from "../cryptography/sealed-entry.ts";
import { createDataKey } from "../cryptography/data-key.ts";
import { systemRandomBytes } from "../cryptography/random-bytes.ts";
import { buildOpenVault, buildVault, password } from "../testing/build-vault.ts";
import { openLease, sealLease } from "./key-lease.ts";

const clusterSecret = Buffer.alloc(32, 0x5a);
const random = systemRandomBytes;

test("a worker with the cluster secret opens a lease and then sealed entries, without the password", async () => {
  const { vault, clock } = await buildOpenVault();
  await vault.set("provider:openai:api_key", "sk-1");
  const { text, leaseId, expiresAtMs } = await vault.sealLease({ clusterSecret, ttlMs: 60_000 });
  const [entry] = await vault.sealedEntries("provider:");
  using lease = openLease(text, { clusterSecret, nowMs: clock.nowMs });
  expect([lease.leaseId, lease.expiresAtMs]).toEqual([leaseId, expiresAtMs]);
  expect(expiresAtMs).toBe(clock.nowMs + 60_000);
  const { name = "", sealed = "" } = entry ?? {};
  expect(openSealedEntry(lease.dataKey, { name, sealed }).toString()).toBe("sk-1");
});

test("a lease opens until its last millisecond and not after", () => {
  const { text } = sealLease(createDataKey(random), { clusterSecret, expiresAtMs: 10_000, random });
  openLease(text, { clusterSecret, nowMs: 9_999 })[Symbol.dispose]();
  expect(() => openLease(text, { clusterSecret, nowMs: 10_000 })).toThrow("expired");
});

test("a lease with any character changed, its expiry included, or another cluster secret is refused", () => {
  const { text } = sealLease(createDataKey(random), { clusterSecret, expiresAtMs: 10_000, random });
  for (let at = 0; at < text.length; at += 1) {
    for (const character of ["0", "9", "a", "f", "A", "_", "."]) {
      const changed = text.slice(0, at) + character + text.slice(at + 1);
      if (changed === text) continue;
      expect(() => openLease(changed, { clusterSecret, nowMs: 0 })).toThrow("changed");
    }
  }
  expect(() => openLease(text, { clusterSecret: Buffer.alloc(32), nowMs: 0 })).toThrow(
    "another cluster secret",
  );
  expect(() => openLease(text, { clusterSecret: Buffer.alloc(16), nowMs: 0 })).toThrow("32 bytes");
  expect(() => openLease("", { clusterSecret, nowMs: 0 })).toThrow("changed");
});

test("two leases of one key share nothing but their header", () => {
  const dataKey = createDataKey(random);
  const leases = [0, 1].map(() =>
    sealLease(dataKey, { clusterSecret, expiresAtMs: 1, random }).text.split("."),
  );
  expect(leases[0]?.[1]).not.toBe(leases[1]?.[1]);
  expect(leases[0]?.[5]?.slice(0, 16)).not.toBe(leases[1]?.[5]?.slice(0, 16));
});

test("S1-8: a lease never outlives the automatic lock, and has its full time when there is none", async () => {
  const { vault, clock } = await buildOpenVault({ autoLockMs: 30_000 });
  clock.nowMs += 20_000;
  const short = await vault.sealLease({ clusterSecret, ttlMs: 60_000 });
  expect(short.expiresAtMs).toBe(clock.nowMs + 10_000);
  const unattended = buildVault();
  await unattended.vault.initialise(password, { by: "configuration" });
  const full = await unattended.vault.sealLease({ clusterSecret, ttlMs: 60_000 });
  expect(full.expiresAtMs).toBe(unattended.clock.nowMs + 60_000);
});

test("a lease sealed after another gateway replaced the data key holds the new one", async () => {
  const one = await buildOpenVault();
  const two = buildVault({ store: one.store });
  await two.vault.unlock(password, { by: "person" });
  await one.vault.set("secret:a", "x");
  await one.vault.rotateDataKey();
  const { text } = await two.vault.sealLease({ clusterSecret, ttlMs: 1_000 });
  using lease = openLease(text, { clusterSecret, nowMs: one.clock.nowMs });
  expect(lease.dataKey.id).toBe(one.store.record?.entries[0]?.dataKeyId);
});

test("S1d-24: an opened lease prints no key, and is wiped when it is disposed of", () => {
  const { text } = sealLease(createDataKey(random), { clusterSecret, expiresAtMs: 10_000, random });
  const lease = openLease(text, { clusterSecret, nowMs: 0 });
  const { bytes } = lease.dataKey.secret;
  const key = bytes.toString("hex");
  expect(inspect(lease, { depth: null, showHidden: true }) + JSON.stringify(lease)).not.toContain(
    key.slice(0, 4),
  );
  lease[Symbol.dispose]();
  expect(bytes.every((byte) => byte === 0)).toBe(true);
});
