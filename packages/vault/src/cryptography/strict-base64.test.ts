import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, decodeBase64url, encodeBase64url } from "./strict-base64.ts";

test("bytes survive, and every other text of the same length stands for other bytes or is refused", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.nat(),
      fc.string(),
      (bytes, place, other) => {
        const text = encodeBase64url(bytes);
        expect(decodeBase64url(text)).toEqual(Buffer.from(bytes));
        const at = place % text.length;
        const changed = text.slice(0, at) + other.slice(0, 1) + text.slice(at + 1);
        if (changed !== text) expect(decodeBase64url(changed)).not.toEqual(Buffer.from(bytes));
      },
    ),
  );
});

test.each(["AB", "AA=", "A A=", "AA==\n", "-_-_"])(
  "standard Base64 %j, which no encoder writes, is refused",
  (text) => {
    expect(decodeBase64(text)).toBeNull();
  },
);

test("standard Base64 with padding is decoded", () => {
  expect(decodeBase64("+/8=")).toEqual(Buffer.from([0xfb, 0xff]));
});
