import {
  createVault,
  type StoredEntry,
  type Vault,
  type VaultRecord,
  type VaultStore,
} from "@tokenhub/vault";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openVault } from "./open-vault.ts";
import { createOwnPassword, type OwnPassword } from "./own-password.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

interface Bench {
  readonly folder: string;
  readonly own: OwnPassword;
  /** A process that starts anew: locked, over the same store. */
  readonly start: () => Vault;
}

function setup(): Bench {
  const folder = mkdtempSync(join(tmpdir(), "tokenhub-open-"));
  folders.push(folder);
  const store = memoryStore();
  return {
    folder,
    own: createOwnPassword(folder),
    start: () =>
      createVault({
        store,
        now: () => 1_795_000_000_000,
        derivationCost: { algorithm: "argon2id", passes: 1, memoryKiB: 8, lanes: 1 },
        allowWeakDerivation: true,
      }),
  };
}

function memoryStore(): VaultStore {
  let record: VaultRecord | null = null;
  const write = (
    expected: number | null,
    change: (before: VaultRecord | null) => Omit<VaultRecord, "revision">,
  ) => {
    if ((record?.revision ?? null) !== expected) return Promise.resolve(false);
    record = { ...change(record), revision: (expected ?? 0) + 1 };
    return Promise.resolve(true);
  };
  const without = (before: VaultRecord | null, name: string): StoredEntry[] =>
    (before?.entries ?? []).filter((entry) => entry.name !== name);
  return {
    load: () => Promise.resolve(record),
    replace: (expected, next) => write(expected, () => next),
    putEntry: (expected, entry) =>
      write(expected, (before) => ({
        envelopeJson: before?.envelopeJson ?? "",
        entries: [...without(before, entry.name), entry],
      })),
    deleteEntry: (expected, name) =>
      write(expected, (before) => ({
        envelopeJson: before?.envelopeJson ?? "",
        entries: without(before, name),
      })),
  };
}

const first = { setting: "TOKENHUB_VAULT_PASSWORD", password: "the-first-password" };
const second = { setting: "TOKENHUB_ADMIN_PASSWORD", password: "the-second-password" };

test("C7, D6: a new vault is made with the first secret, and each start opens it with that", async () => {
  const { own, start } = setup();
  const secrets = [first, second];
  const opened = { kind: "unlocked", by: first.setting, isOutdated: false };
  for (let turn = 0; turn < 2; turn += 1) {
    const vault = start();
    expect(await openVault({ vault, secrets, own, makesOwnPassword: true })).toEqual(opened);
    expect(vault.isUnlocked()).toBe(true);
  }
});

test("a vault that only a later secret opens is opened and called outdated", async () => {
  const { own, start } = setup();
  await openVault({ vault: start(), secrets: [second], own, makesOwnPassword: true });
  const vault = start();
  await vault.unlock(second.password, { by: "configuration" });
  await vault.set("secret:a", "1");
  expect(await openVault({ vault: start(), secrets: [first, second], own, makesOwnPassword: true })).toEqual({
    kind: "unlocked",
    by: second.setting,
    isOutdated: true,
  });
});

test("D3: in production nothing is made without a secret", async () => {
  const { own, start, folder } = setup();
  const vault = start();
  expect(await openVault({ vault, secrets: [], own, makesOwnPassword: false })).toEqual({
    kind: "no-secret",
  });
  expect([await vault.state(), readdirSync(folder)]).toEqual(["uninitialised", []]);
});

test("S4-47: a secret that is too short for a vault stops the start with the setting's name", async () => {
  const { own, start } = setup();
  const secrets = [{ setting: "TOKENHUB_ADMIN_PASSWORD", password: "short" }];
  await expect(openVault({ vault: start(), secrets, own, makesOwnPassword: true })).rejects.toThrow(
    "The vault cannot be opened with TOKENHUB_ADMIN_PASSWORD: A vault password has at least 8 bytes.",
  );
});

test("a vault that another gateway made is left alone by one that knows no secret", async () => {
  const here = setup();
  await openVault({ vault: here.start(), secrets: [first], own: here.own, makesOwnPassword: true });
  expect(
    await openVault({ vault: here.start(), secrets: [], own: here.own, makesOwnPassword: true }),
  ).toEqual({
    kind: "no-secret",
  });
  writeFileSync(here.own.path, "made-for-another-vault\n");
  expect(
    await openVault({ vault: here.start(), secrets: [], own: here.own, makesOwnPassword: true }),
  ).toEqual({
    kind: "foreign",
  });
});

test.each(["before", "after"] as const)(
  "S4-42: a crash %s the vault got its next password leaves a start that opens it",
  async (moment) => {
    const { own, start, folder } = setup();
    const vault = start();
    await openVault({ vault, secrets: [], own, makesOwnPassword: true });
    const [oldPassword = ""] = own.candidates();
    own.prepare("the-next-password");
    if (moment === "after") await vault.rotatePassword({ oldPassword, newPassword: "the-next-password" });
    const opening = await openVault({ vault: start(), secrets: [], own, makesOwnPassword: true });
    expect(opening).toEqual({ kind: "unlocked", by: own.path, isOutdated: false });
    expect(own.candidates()).toEqual([moment === "after" ? "the-next-password" : oldPassword]);
    expect(readdirSync(folder)).toEqual(["vault-password"]);
  },
);
