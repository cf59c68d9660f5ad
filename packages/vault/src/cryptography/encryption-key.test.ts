import { expect, test } from "vitest";
import { generateEncryptionKey, parseEncryptionKey } from "./encryption-key.ts";

test("S4-1: a generated key is 64 hex characters, another one each time, and reads back as 32 bytes", () => {
  const key = generateEncryptionKey();
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(generateEncryptionKey()).not.toBe(key);
  expect(parseEncryptionKey(key).toString("hex")).toBe(key);
});

test.each(["", "abc", "g".repeat(64), "a".repeat(63), "a".repeat(66), ` ${"a".repeat(64)}`])(
  "an encryption key %j is refused, never replaced, and not repeated in the message",
  (text) => {
    expect(() => parseEncryptionKey(text)).toThrow("64 hexadecimal characters");
    if (text.length > 2) expect(() => parseEncryptionKey(text)).not.toThrow(text);
  },
);
