import { describe, expect, test } from "vitest";
import { readIdempotencyKey } from "./read-idempotency-key.ts";

const read = (key: string): string | null => readIdempotencyKey({ "idempotency-key": key });

describe("an Idempotency-Key", () => {
  test.each([
    ["order-7", "order-7"],
    ['"order-7"', "order-7"],
    ["  order-7 ", "order-7"],
    [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
    ["x".repeat(255), "x".repeat(255)],
    [`"${"x".repeat(255)}"`, "x".repeat(255)],
  ])("%j is the key %j", (header, key) => {
    expect(read(header)).toBe(key);
  });

  test.each(["", " ", '""', "x".repeat(256), '"torn', '"a"b"', "tab\there", "naïve"])(
    "%j is refused, with what to send instead",
    (header) => {
      expect(() => read(header)).toThrow(/1 to 255 printable ASCII characters/);
    },
  );

  test("need not be there", () => {
    expect(readIdempotencyKey({})).toBeNull();
  });
});
