import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { generateEncryptionKey } from "./cryptography/encryption-key.ts";
import { buildOpenVault, buildVault, password, refusalOf, type TestVault } from "./testing/build-vault.ts";

const newPassword = "a new password";
const byPerson = { by: "person" } as const;

async function filled(): Promise<TestVault> {
  const built = await buildOpenVault();
  await built.vault.set("secret:a", "one");
  await built.vault.set("secret:b", "two");
  return built;
}

async function readAll({ store }: TestVault, openWith: string): Promise<readonly string[]> {
  const { vault } = buildVault({ store });
  await vault.unlock(openWith, byPerson);
  return Promise.all((await vault.names()).map((name) => vault.get(name)));
}

describe("password", () => {
  test("S4-42: after a rotation only the new password opens the vault; no entry was touched", async () => {
    const built = await filled();
    const before = built.store.record;
    await built.vault.rotatePassword({ oldPassword: password, newPassword });
    expect(built.store.record?.entries).toEqual(before?.entries);
    expect(built.store.record?.envelopeJson.split("$").at(-1)).not.toBe(
      before?.envelopeJson.split("$").at(-1),
    );
    expect(await built.vault.get("secret:a")).toBe("one");
    expect(await readAll(built, newPassword)).toEqual(["one", "two"]);
    expect(await refusalOf(readAll(built, password))).toBe("wrong_password");
  });

  test("S4-42: a raw key of 64 hex characters that serves as password rotates like any other", async () => {
    const [oldKey, newKey] = [generateEncryptionKey(), generateEncryptionKey()];
    const built = buildVault();
    await built.vault.unlockOrInitialise(oldKey, { by: "configuration" });
    await built.vault.set("secret:a", "one");
    await built.vault.rotatePassword({ oldPassword: oldKey, newPassword: newKey });
    expect(await readAll(built, newKey)).toEqual(["one"]);
    expect(await refusalOf(readAll(built, oldKey))).toBe("wrong_password");
  });

  test("a wrong old password or a short new one changes nothing", async () => {
    const { vault, store } = await filled();
    const before = store.record;
    const rotate = (oldPassword: string, next: string): Promise<unknown> =>
      refusalOf(vault.rotatePassword({ oldPassword, newPassword: next }));
    expect(await rotate("wrong password", newPassword)).toBe("wrong_password");
    expect(await rotate(password, "1234567")).toBe("password_too_short");
    expect(store.record).toEqual(before);
    expect(vault.isUnlocked()).toBe(true);
  });

  test("the old password is checked against the store, not against what this gateway remembers", async () => {
    const one = await filled();
    const two = buildVault({ store: one.store });
    await two.vault.unlock(password, byPerson);
    await two.vault.rotatePassword({ oldPassword: password, newPassword });
    expect(
      await refusalOf(one.vault.rotatePassword({ oldPassword: password, newPassword: "third password" })),
    ).toBe("wrong_password");
    await one.vault.rotatePassword({ oldPassword: newPassword, newPassword: "third password" });
    expect(await readAll(one, "third password")).toEqual(["one", "two"]);
  });

  test("of two gateways that rotate the password at the same moment one wins and the other is told", async () => {
    const one = await filled();
    const two = buildVault({ store: one.store });
    await two.vault.unlock(password, byPerson);
    one.store.beforeNextWrite(() => two.vault.rotatePassword({ oldPassword: password, newPassword }));
    expect(
      await refusalOf(one.vault.rotatePassword({ oldPassword: password, newPassword: "third password" })),
    ).toBe("conflict");
    expect(await readAll(one, newPassword)).toEqual(["one", "two"]);
  });
});

describe("data key", () => {
  test("S4-42: a rotation seals every entry anew; the password and the versions stay", async () => {
    const built = await filled();
    const before = built.store.record;
    await built.vault.rotateDataKey();
    const after = built.store.record;
    for (const [index, entry] of (after?.entries ?? []).entries()) {
      const old = before?.entries[index];
      expect([entry.name, entry.version]).toEqual([old?.name, old?.version]);
      expect(entry.sealed).not.toBe(old?.sealed);
      expect(entry.dataKeyId).not.toBe(old?.dataKeyId);
    }
    expect(built.events.at(-1)).toEqual({
      type: "data-key-replaced",
      dataKeyId: after?.entries[0]?.dataKeyId,
    });
    expect(await readAll(built, password)).toEqual(["one", "two"]);
    await built.vault.set("secret:c", "three");
    expect(await readAll(built, password)).toEqual(["one", "two", "three"]);
  });

  test("another unlocked gateway goes over to the new data key by itself, without a password", async () => {
    const one = await filled();
    const two = buildVault({ store: one.store });
    await two.vault.unlock(password, byPerson);
    await one.vault.rotateDataKey();
    expect(await two.vault.get("secret:a")).toBe("one");
    expect(two.events.at(-1)?.type).toBe("data-key-replaced");
    await two.vault.set("secret:c", "three");
    expect(await one.vault.get("secret:c")).toBe("three");
  });

  test("a value written by another gateway during the rotation is not lost", async () => {
    const one = await filled();
    const two = buildVault({ store: one.store });
    await two.vault.unlock(password, byPerson);
    one.store.beforeNextWrite(() => two.vault.set("secret:a", "changed meanwhile"));
    await one.vault.rotateDataKey();
    expect(await readAll(one, password)).toEqual(["changed meanwhile", "two"]);
  });

  test("a value sealed under the old data key while another gateway rotates is sealed again", async () => {
    const one = await filled();
    const two = buildVault({ store: one.store });
    await two.vault.unlock(password, byPerson);
    one.store.beforeNextWrite(() => two.vault.rotateDataKey());
    await one.vault.set("secret:a", "changed meanwhile");
    expect(await readAll(one, password)).toEqual(["changed meanwhile", "two"]);
    expect(await two.vault.get("secret:a")).toBe("changed meanwhile");
  });

  test("a gateway whose password and data key were both replaced elsewhere locks itself", async () => {
    const one = await filled();
    const two = buildVault({ store: one.store });
    await two.vault.unlock(password, byPerson);
    await two.vault.rotatePassword({ oldPassword: password, newPassword });
    expect(await one.vault.get("secret:a")).toBe("one");
    await two.vault.rotateDataKey();
    expect(await refusalOf(one.vault.get("secret:a"))).toBe("vault_locked");
    expect(one.events.at(-1)).toEqual({ type: "vault-locked", reason: "superseded" });
    await one.vault.unlock(newPassword, byPerson);
    expect(await one.vault.get("secret:a")).toBe("one");
  });

  test("a gateway that does not know the present password cannot replace the data key", async () => {
    const one = await filled();
    const two = buildVault({ store: one.store });
    await two.vault.unlock(password, byPerson);
    await two.vault.rotatePassword({ oldPassword: password, newPassword });
    expect(await refusalOf(one.vault.rotateDataKey())).toBe("vault_locked");
    expect(await readAll(two, newPassword)).toEqual(["one", "two"]);
  });

  test("a read that was under way during a rotation still gives the value", async () => {
    const { vault } = await filled();
    const [value] = await Promise.all([vault.get("secret:a"), vault.rotateDataKey(), vault.rotateDataKey()]);
    expect(value).toBe("one");
    expect(await vault.get("secret:b")).toBe("two");
  });

  test("S1d-24: a rotation that fails wipes the data key it had made", async () => {
    for (const crash of ["before-write", "after-write"] as const) {
      const drawn: Buffer[] = [];
      const random = (sizeBytes: number): Buffer => {
        const bytes = randomBytes(sizeBytes);
        if (sizeBytes === 32) drawn.push(bytes);
        return bytes;
      };
      const { vault, store } = await buildOpenVault({ random });
      await vault.set("secret:a", "one");
      store.crashNext(crash);
      await expect(vault.rotateDataKey()).rejects.toThrow("died");
      expect(drawn).toHaveLength(2);
      expect(drawn[1]?.every((byte) => byte === 0)).toBe(true);
      expect(await vault.get("secret:a")).toBe("one");
    }
  });

  test("a read that answers late does not lead back to a data key this gateway has replaced", async () => {
    const { vault, store, events } = await filled();
    const loadNow = store.load.bind(store);
    const late = Promise.withResolvers<void>();
    store.load = async () => {
      const record = await loadNow();
      await late.promise;
      return record;
    };
    const reading = vault.get("secret:a");
    store.load = loadNow;
    await vault.rotateDataKey();
    late.resolve();
    expect(await reading).toBe("one");
    expect(events.filter(({ type }) => type === "data-key-replaced")).toHaveLength(1);
  });

  test("a restored backup with an older data key is taken as it is", async () => {
    const built = await filled();
    const backup = built.store.record;
    await built.vault.rotateDataKey();
    await built.vault.set("secret:c", "three");
    built.store.record = backup;
    expect(await built.vault.names()).toEqual(["secret:a", "secret:b"]);
    await built.vault.set("secret:d", "four");
    expect(await readAll(built, password)).toEqual(["one", "two", "four"]);
  });
});
