import fc from "fast-check";
import { expect, test } from "vitest";
import { createBodyHash } from "./body-hash.ts";
import { fingerprintOf, hashOfText } from "./fingerprint.ts";

function hashOf(text: string, { type = "application/json", cutAt = [] as readonly number[] } = {}): string {
  const hash = createBodyHash(type);
  const bytes = Buffer.from(text);
  let start = 0;
  for (const cut of [...cutAt, bytes.length]) {
    hash.update(bytes.subarray(start, Math.max(start, cut)));
    start = Math.max(start, cut);
  }
  return hash.digest();
}

test("the order of members and white space make no difference, everything else does", () => {
  const one = hashOf('{"a": 1, "b": {"c": [1, 2], "d": "ü"}}');
  expect(hashOf('{"b":{"d":"\\u00fc","c":[1,2]},"a":1.0}')).toBe(one);
  for (const other of [
    '{"a":1,"b":{"c":[2,1],"d":"ü"}}',
    '{"a":"1","b":{"c":[1,2],"d":"ü"}}',
    '{"a":1,"b":{"c":[1,2],"d":"ü","e":null}}',
    '{"a":1,"b":[["c",[1,2]],["d","ü"]]}',
  ])
    expect(hashOf(other)).not.toBe(one);
  expect(hashOf('{"seed":9007199254740993}')).not.toBe(hashOf('{"seed":9007199254740992}'));
  expect(hashOf('{"__proto__":1}')).not.toBe(hashOf("{}"));
});

test("how the bytes arrive makes no difference", () => {
  fc.assert(
    fc.property(fc.json(), fc.array(fc.nat(50)), (text, cuts) => {
      expect(hashOf(text, { cutAt: cuts.toSorted((left, right) => left - right) })).toBe(hashOfText(text));
    }),
  );
});

test("a form is the same whatever its boundary is, wherever its bytes are cut, and another with another file", () => {
  const form = (boundary: string, file: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="file"\r\n\r\n${file}\r\n--${boundary}--\r\n`;
  const one = hashOf(form("abc", "lines"), { type: "multipart/form-data; boundary=abc" });
  fc.assert(
    fc.property(fc.array(fc.nat(120)), (cuts) => {
      const sent = {
        type: 'multipart/form-data; boundary="----other"',
        cutAt: cuts.toSorted((a, b) => a - b),
      };
      expect(hashOf(form("----other", "lines"), sent)).toBe(one);
    }),
  );
  expect(hashOf(form("abc", "line"), { type: "multipart/form-data; boundary=abc" })).not.toBe(one);
});

test("headers count that change the result, and no others", () => {
  const body = hashOfText("{}");
  const one = fingerprintOf({ "x-tokenhub-mode": "cheap" }, body);
  expect(fingerprintOf({ "x-tokenhub-mode": "cheap", traceparent: "00-1", "user-agent": "x" }, body)).toBe(
    one,
  );
  expect(fingerprintOf({ "x-tokenhub-mode": "normal" }, body)).not.toBe(one);
  expect(fingerprintOf({}, body)).not.toBe(one);
});

test("a body too long to be put in order is told by its bytes", () => {
  const long = "x".repeat(1_048_576);
  expect(hashOf(`{"a":1,"b":"${long}"}`)).toBe(hashOf(`{"a":1,"b":"${long}"}`, { cutAt: [5] }));
  expect(hashOf(`{"a":1,"b":"${long}"}`)).not.toBe(hashOf(`{"b":"${long}","a":1}`));
});
