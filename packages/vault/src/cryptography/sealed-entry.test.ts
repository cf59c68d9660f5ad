import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createDataKey, dataKeyOf, type DataKey } from "./data-key.ts";
import { systemRandomBytes } from "./random-bytes.ts";
import { openSealedEntry, sealedUnder, sealEntry } from "./sealed-entry.ts";

const random = systemRandomBytes;

function seal(dataKey: DataKey, name: string, value: Uint8Array): string {
  return sealEntry(dataKey, { name, value, random });
}

test("S1-6, S3-2, S3-5: any value under any name comes back from its sealed text, which is Base64", () => {
  const dataKey = createDataKey(random);
  fc.assert(
    fc.property(fc.string(), fc.uint8Array(), (name, value) => {
      const sealed = seal(dataKey, name, value);
      expect(sealed).toMatch(/^v1\.dk_[0-9a-f]{16}\.[A-Za-z0-9_-]+$/);
      expect(sealedUnder(sealed)).toBe(dataKey.id);
      expect(openSealedEntry(dataKey, { name, sealed })).toEqual(Buffer.from(value));
    }),
  );
});

test("S3-53: a sealed value with any one character changed is refused", () => {
  const dataKey = createDataKey(random);
  const sealed = seal(dataKey, "secret:a", Buffer.from("sk-0123456789"));
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  for (let at = 0; at < sealed.length; at += 1) {
    for (const character of alphabet) {
      const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
      if (changed === sealed) continue;
      expect(() => openSealedEntry(dataKey, { name: "secret:a", sealed: changed })).toThrow("changed");
    }
  }
});

test("S3-53: one flipped bit of nonce, ciphertext or tag is refused", () => {
  const dataKey = createDataKey(random);
  const value = randomBytes(24);
  const sealed = seal(dataKey, "secret:a", value);
  const [version, id, text = ""] = sealed.split(".");
  const bytes = Buffer.from(text, "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const changedText = `${version}.${id}.${changed.toString("base64url")}`;
    expect(() => openSealedEntry(dataKey, { name: "secret:a", sealed: changedText })).toThrow("changed");
  }
});

test("a sealed value opens under no other name, vault or data key, even when the key bytes are the same", () => {
  const bytes = randomBytes(32);
  const [vaultId, id] = ["vlt_a", "dk_0123456789abcdef"];
  const sealed = seal(dataKeyOf(Buffer.from(bytes), { vaultId, id }), "secret:a", Buffer.from("x"));
  const open = (header: { vaultId: string; id: string }, name: string): Buffer =>
    openSealedEntry(dataKeyOf(Buffer.from(bytes), header), { name, sealed });
  expect(open({ vaultId, id }, "secret:a").toString()).toBe("x");
  expect(() => open({ vaultId, id }, "secret:b")).toThrow("another entry");
  expect(() => open({ vaultId: "vlt_b", id }, "secret:a")).toThrow("another entry");
  expect(() => open({ vaultId, id: "dk_0123456789abcdee" }, "secret:a")).toThrow("another entry");
});

test("a text cut short anywhere is refused", () => {
  const dataKey = createDataKey(random);
  const sealed = seal(dataKey, "secret:a", Buffer.from("sk-0123456789"));
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => openSealedEntry(dataKey, { name: "secret:a", sealed: sealed.slice(0, length) })).toThrow(
      "changed",
    );
  }
});

test("the same value never seals to the same text, or with the same nonce, twice", () => {
  const dataKey = createDataKey(random);
  const nonces = new Set(
    Array.from({ length: 1_000 }, () =>
      seal(dataKey, "secret:a", Buffer.from("x")).split(".")[2]?.slice(0, 16),
    ),
  );
  expect(nonces.size).toBe(1_000);
});
