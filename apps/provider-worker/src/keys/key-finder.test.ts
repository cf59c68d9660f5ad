import type { KeyCache, KeyLookup } from "@tokenhub/vault";
import { expect, test } from "vitest";
import { createKeyFinder, type KeyFinder } from "./key-finder.ts";

interface Bench {
  readonly finder: KeyFinder;
  readonly clock: { nowMs: number };
  readonly vault: { lookup: KeyLookup; sealed: string | null };
  readonly seen: {
    lookups: number;
    uses: number;
    unreadable: string[];
    dropped: string[];
    forgotten: number;
  };
  readonly afterSleep: { run: () => void };
}

/** A finder over a cache that answers as the test says. */
function setup({ configured = null as string | null, hasCache = true } = {}): Bench {
  const clock = { nowMs: 1_000_000 };
  const vault: Bench["vault"] = { lookup: { kind: "missing" }, sealed: null };
  const seen: Bench["seen"] = { lookups: 0, uses: 0, unreadable: [], dropped: [], forgotten: 0 };
  const afterSleep = { run: (): void => undefined };
  const cache: KeyCache = {
    async find() {
      seen.lookups += 1;
      return vault.lookup;
    },
    drop: (providerId) => void seen.dropped.push(providerId),
    forget: () => void (seen.forgotten += 1),
    [Symbol.dispose]: () => undefined,
  };
  const finder = createKeyFinder({
    source: { readSealedEntry: async () => vault.sealed },
    cache: hasCache ? cache : null,
    keyOf: () => (configured === null ? null : { reveal: () => configured }),
    onUse: () => void (seen.uses += 1),
    onUnreadable: (providerId) => void seen.unreadable.push(providerId),
    now: () => clock.nowMs,
    async sleep() {
      afterSleep.run();
    },
  });
  return { finder, clock, vault, seen, afterSleep };
}

const provider = { id: "openai", credentialSource: "escrow" } as const;

test("C10, S2-29: the vault's key comes first, then a configured one, then none", async () => {
  const { finder, vault } = setup({ configured: "sk-configured" });
  expect(await finder.find(provider)).toEqual({ kind: "key", key: "sk-configured" });
  finder.forget();
  vault.lookup = { kind: "key", key: "sk-vault" };
  expect(await finder.find(provider)).toEqual({ kind: "key", key: "sk-vault" });
  expect(await setup().finder.find(provider)).toEqual({ kind: "none" });
});

test("S1d-1: a provider that takes no key gets none, wherever one may lie", async () => {
  const { finder, vault, seen } = setup({ configured: "sk-configured" });
  vault.lookup = { kind: "key", key: "sk-vault" };
  expect(await finder.find({ id: "openai", credentialSource: "none" })).toEqual({ kind: "none" });
  expect(seen.lookups).toBe(0);
});

test("a locked vault matters only to a provider whose key is in it, and only there", async () => {
  const bench = setup();
  bench.vault.lookup = { kind: "locked" };
  expect(await bench.finder.find(provider)).toEqual({ kind: "none" });
  bench.finder.forget();
  bench.vault.sealed = "v1.dk_0.x";
  expect(await bench.finder.find(provider)).toEqual({ kind: "locked" });
  const configured = setup({ configured: "sk-configured" });
  Object.assign(configured.vault, { lookup: { kind: "locked" }, sealed: "v1.dk_0.x" });
  expect(await configured.finder.find(provider)).toEqual({ kind: "key", key: "sk-configured" });
});

test("a key that is there again after a moment is used", async () => {
  const { finder, vault, afterSleep } = setup();
  Object.assign(vault, { lookup: { kind: "locked" }, sealed: "v1.dk_0.x" });
  afterSleep.run = () => void (vault.lookup = { kind: "key", key: "sk-vault" });
  expect(await finder.find(provider)).toEqual({ kind: "key", key: "sk-vault" });
});

test("S2-73: a provider without a key in the vault is asked for again after five seconds, or when a notice says so", async () => {
  const { finder, vault, seen, clock } = setup({ configured: "sk-configured" });
  for (let turn = 0; turn < 5; turn += 1) await finder.find(provider);
  expect(seen.lookups).toBe(1);
  vault.lookup = { kind: "key", key: "sk-vault" };
  finder.heed({ from: "gw", kind: "entry-changed", name: "provider:anthropic:api_key" });
  expect(await finder.find(provider)).toEqual({ kind: "key", key: "sk-configured" });
  finder.heed({ from: "gw", kind: "entry-changed", name: "provider:openai:api_key" });
  expect(await finder.find(provider)).toEqual({ kind: "key", key: "sk-vault" });
  expect(seen.dropped).toEqual(["anthropic", "openai"]);

  const late = setup({ configured: "sk-configured" });
  await late.finder.find(provider);
  late.vault.lookup = { kind: "key", key: "sk-vault" };
  late.clock.nowMs += 4_999;
  expect(await late.finder.find(provider)).toEqual({ kind: "key", key: "sk-configured" });
  late.clock.nowMs += 1;
  expect(await late.finder.find(provider)).toEqual({ kind: "key", key: "sk-vault" });
  expect(clock.nowMs).toBe(1_000_000);
});

test("S1d-24: every notice of a lock or of other keys makes the worker forget all it has opened", () => {
  const { finder, seen } = setup();
  for (const kind of ["locked", "lease-ended", "keys-replaced", "unlocked"] as const)
    finder.heed({ from: "gw", kind });
  expect(seen.forgotten).toBe(3);
  finder[Symbol.dispose]();
  expect(seen.forgotten).toBe(4);
});

test("without a cluster secret a key in the vault is unreadable, and told, unless there is a configured one", async () => {
  const bench = setup({ hasCache: false });
  expect(await bench.finder.find(provider)).toEqual({ kind: "none" });
  bench.finder.forget();
  bench.vault.sealed = "v1.dk_0.x";
  expect(await bench.finder.find(provider)).toEqual({ kind: "unreadable" });
  expect(bench.seen.unreadable).toEqual(["openai"]);
  const configured = setup({ hasCache: false, configured: "sk-configured" });
  configured.vault.sealed = "v1.dk_0.x";
  expect(await configured.finder.find(provider)).toEqual({ kind: "key", key: "sk-configured" });
});

test("S1-8: use of the vault's keys is noted once a second at most, that of configured ones never", async () => {
  const { finder, vault, seen, clock } = setup();
  vault.lookup = { kind: "key", key: "sk-vault" };
  for (let turn = 0; turn < 4; turn += 1) {
    await finder.find(provider);
    clock.nowMs += 500;
  }
  expect(seen.uses).toBe(2);
  const configured = setup({ configured: "sk-configured" });
  await configured.finder.find(provider);
  expect(configured.seen.uses).toBe(0);
});
