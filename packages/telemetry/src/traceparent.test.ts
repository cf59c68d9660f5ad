import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { childTraceparent, newTraceparent, parseTraceparent } from "./traceparent.ts";

const valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

test("a new traceparent is built from the given bytes and can be read back", () => {
  const text = newTraceparent((size) => new Uint8Array(size).fill(0xab));
  expect(text).toBe(`00-${"ab".repeat(16)}-${"ab".repeat(8)}-01`);
  expect(parseTraceparent(text)).toEqual({
    traceId: "ab".repeat(16),
    parentId: "ab".repeat(8),
    sampled: true,
  });
});

test("any random bytes, zeros included, give a valid traceparent", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      expect(parseTraceparent(newTraceparent((size) => bytes.subarray(0, size)))).not.toBeNull();
    }),
  );
  expect(parseTraceparent(newTraceparent((size) => new Uint8Array(size)))).not.toBeNull();
});

test("a child keeps trace and sampling and has a span of its own", () => {
  const parent = parseTraceparent(valid.replace(/01$/, "00"));
  const child = parseTraceparent(childTraceparent(valid.replace(/01$/, "00"), randomBytes));
  expect(child).toMatchObject({ traceId: parent?.traceId, sampled: false });
  expect(child?.parentId).not.toBe(parent?.parentId);
  expect(parseTraceparent(childTraceparent("nonsense", randomBytes))).not.toBeNull();
  expect(parseTraceparent(childTraceparent(null, randomBytes))).not.toBeNull();
});

test.each([
  [valid, true],
  [` ${valid} `, true],
  [valid.replace(/^00/, "cc"), true],
  [`${valid.replace(/^00/, "cc")}-more`, true],
  [`${valid}-more`, false],
  [valid.replace(/^00/, "ff"), false],
  [valid.toUpperCase(), false],
  [valid.replace("4bf9", "4bfg"), false],
  [`00-${"0".repeat(32)}-00f067aa0ba902b7-01`, false],
  [`00-4bf92f3577b34da6a3ce929d0e0e4736-${"0".repeat(16)}-01`, false],
  ["", false],
  [undefined, false],
])("%j is accepted: %s", (header, isAccepted) => {
  expect(parseTraceparent(header) !== null).toBe(isAccepted);
});
