import { expect, test } from "vitest";
import { dataKeyOf, type DataKey } from "./cryptography/data-key.ts";
import type { PasswordKeys } from "./cryptography/password-keys.ts";
import { SecretBytes } from "./cryptography/secret-bytes.ts";
import { createKeyCustody, type HeldKeys } from "./key-custody.ts";

function dataKey(bytes: Buffer): DataKey {
  return dataKeyOf(bytes, { vaultId: "vlt_0", id: "dk_0" });
}

function passwordKeys(bytes: Buffer): PasswordKeys {
  const sealingKey = new SecretBytes(bytes);
  return {
    derivation: "",
    sealingKey,
    verifier: Buffer.alloc(32),
    [Symbol.dispose]: () => sealingKey[Symbol.dispose](),
  };
}

function held(changes: Partial<HeldKeys>): HeldKeys {
  return {
    dataKey: dataKey(Buffer.alloc(32)),
    passwordKeys: passwordKeys(Buffer.alloc(32)),
    revision: 1,
    unlockedBy: "person",
    lastUsedAtMs: 0,
    ...changes,
  };
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

test("S1d-24: wiping overwrites the data key and the password's key", () => {
  const custody = createKeyCustody({ now: () => 0, autoLockMs: null });
  const [data, password] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  custody.hold(held({ dataKey: dataKey(data), passwordKeys: passwordKeys(password) }));
  expect(custody.wipe()).toBe(true);
  expect([isZero(data), isZero(password), custody.current, custody.wipe()]).toEqual([
    true,
    true,
    null,
    false,
  ]);
});

test("S1d-24: a key that is replaced is overwritten, one that stays in use is not", () => {
  const custody = createKeyCustody({ now: () => 0, autoLockMs: null });
  const [data, password, nextData] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3)];
  const first = held({ dataKey: dataKey(data), passwordKeys: passwordKeys(password) });
  custody.hold(first);
  custody.hold({ ...first, revision: 2 });
  expect([isZero(data), isZero(password)]).toEqual([false, false]);
  custody.hold({ ...first, dataKey: dataKey(nextData) });
  expect([isZero(data), isZero(password), isZero(nextData)]).toEqual([true, false, false]);
  custody.hold(held({}));
  expect([isZero(password), isZero(nextData)]).toEqual([true, true]);
});
