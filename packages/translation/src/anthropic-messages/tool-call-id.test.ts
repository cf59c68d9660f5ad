import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeToolCallId, encodeToolCallId } from "./tool-call-id.ts";

test("every id becomes one that Anthropic takes, and comes back", () => {
  const ids = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string().map((text) => `th64_${text}`),
  );
  fc.assert(
    fc.property(ids, (id) => {
      const encoded = encodeToolCallId(id);
      expect(encoded).toMatch(/^[a-zA-Z0-9_-]+$/);
      expect(decodeToolCallId(encoded)).toBe(id);
    }),
  );
});

test("different ids stay different", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (first, second) => {
      expect(encodeToolCallId(first) === encodeToolCallId(second)).toBe(first === second);
    }),
  );
});

test.each(["toolu_01A", "call_abc-1", "th64_not base64", "th64_!!", "th64_Zg"])(
  "%s is nobody's encoded id or its own",
  (id) => {
    const decoded = decodeToolCallId(id);
    expect(decoded === id || encodeToolCallId(decoded) === id).toBe(true);
  },
);

test("an ordinary id is not touched", () => {
  expect(encodeToolCallId("toolu_01A-b")).toBe("toolu_01A-b");
  expect(decodeToolCallId("toolu_01A-b")).toBe("toolu_01A-b");
});
