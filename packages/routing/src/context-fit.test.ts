import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contextFits, neededTokens } from "./context-fit.ts";

describe("context fit", () => {
  test.each([
    [1150, 1000, null, true],
    [1149, 1000, null, false],
    [0, 1000, null, true],
    [1150, 1000, 150, true],
    [1150, 1000, 151, false],
    [115, 100, 0, true],
    [114, 100, 0, false],
    [8, 7, null, true],
    [0, 10_000_000, 10_000_000, true],
  ])(
    "S1d-12: a context of %d against %d input tokens and max_tokens %s: %s",
    (contextTokens, inputTokens, maxOutputTokens, fits) => {
      expect(contextFits(contextTokens, { inputTokens, maxOutputTokens })).toBe(fits);
    },
  );

  test("S3-21: A estimate: 17 characters at 4 per token, plus max_tokens 100, need 104 tokens", () => {
    expect(neededTokens({ inputTokens: Math.floor(17 / 4), maxOutputTokens: 100 })).toBe(104);
  });

  test("needs the larger of the input with headroom and the input plus max_tokens", () => {
    expect(neededTokens({ inputTokens: 4, maxOutputTokens: 100 })).toBe(104);
    expect(neededTokens({ inputTokens: 9000, maxOutputTokens: null })).toBe(10_350);
  });

  test("headroom is exactly 15 percent, rounded down, for any input", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (inputTokens) => {
        const exact = Number((BigInt(inputTokens) * 115n) / 100n);
        expect(neededTokens({ inputTokens, maxOutputTokens: null })).toBe(exact);
      }),
    );
  });
});
