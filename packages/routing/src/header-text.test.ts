import * as fc from "fast-check";
import { expect, test } from "vitest";
import { headerText } from "./header-text.ts";

test("line breaks, controls and characters outside ASCII are replaced", () => {
  expect(headerText("a\r\nb: c\u0000\u007fé", 64)).toBe("a??b: c???");
});

test("any text becomes printable ASCII of at most the given length", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      expect(headerText(text, 40)).toMatch(/^[\u0020-\u007e]{0,40}$/);
    }),
  );
});
