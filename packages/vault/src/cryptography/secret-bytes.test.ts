import { inspect } from "node:util";
import { expect, test } from "vitest";
import { SecretBytes } from "./secret-bytes.ts";

test("key material never prints itself", () => {
  const secret = new SecretBytes(Buffer.from("hunter2-hunter2"));
  const nested = { secret };
  for (const text of [
    String(secret),
    JSON.stringify(nested),
    inspect(nested, { depth: null, showHidden: true }),
  ]) {
    expect(text).toContain("[secret]");
    expect(text).not.toContain("68 75 6e");
    expect(text).not.toContain("hunter2");
  }
});

test("S1d-24: wiped key material is zero bytes, and cannot be used as a key of zeroes", () => {
  const bytes = Buffer.from("0123456789abcdef");
  const secret = new SecretBytes(bytes);
  expect(secret.bytes).toBe(bytes);
  secret[Symbol.dispose]();
  expect(bytes.every((byte) => byte === 0)).toBe(true);
  expect(() => secret.bytes).toThrow("locked");
});
