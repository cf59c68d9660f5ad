import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isNestedDeeper } from "./json-depth.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe("the depth of JSON text", () => {
  it("is that of the value, whatever brackets, quotes and backslashes stand in its texts", () => {
    const text = fc.string({
      unit: fc.constantFrom("[", "]", "{", "}", '"', "\\", "a", "\n"),
      maxLength: 12,
    });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "medium", withCrossShrink: true },
        text,
        fc.integer(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(text, tie("value"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.nat(3), (json, indent) => {
        const written = JSON.stringify(json, null, indent);
        const depth = depthOf(json);
        expect(isNestedDeeper(written, depth)).toBe(false);
        expect(isNestedDeeper(written, depth - 1)).toBe(depth > 0);
      }),
      { numRuns: 500 },
    );
  });

  it("is found in one pass: megabytes of brackets, escapes or open texts take milliseconds", () => {
    const texts = [
      "[".repeat(5_000_000),
      `"${"\\\\".repeat(2_000_000)}`,
      `"${'\\"'.repeat(2_000_000)}"`,
      '"'.repeat(5_000_001),
      "[]".repeat(2_000_000),
    ];
    for (const text of texts) {
      const startedAtMs = performance.now();
      isNestedDeeper(text, 200);
      expect(performance.now() - startedAtMs).toBeLessThan(500);
    }
  });
});
