import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkPattern } from "./check-pattern.ts";

const { pattern } = fc.letrec<{ atom: string; pattern: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom("a", "b", "-", "[ab]", "[^a]"),
    tie("pattern").map((inner) => `(?:${inner})`),
  ),
  pattern: fc
    .array(fc.tuple(tie("atom"), fc.constantFrom("", "", "*", "+", "?", "{1,2}")), {
      minLength: 1,
      maxLength: 3,
    })
    .map((items) => items.map(([atom, quantifier]) => atom + quantifier).join("")),
}));

// A pattern that takes exponential time on such a text runs for hours; a bound of seconds is enough to tell.
test("any pattern that is used answers in time on texts that almost match", () => {
  fc.assert(
    fc.property(pattern, fc.constantFrom("a", "ab", "a-", "-a", "b", "aab-"), (source, unit) => {
      if (checkPattern(source) !== null) return;
      const startedAt = performance.now();
      new RegExp(`^(?:${source})$`, "u").test(`${unit.repeat(24)}!`);
      expect(performance.now() - startedAt).toBeLessThan(2000);
    }),
    { numRuns: 3000 },
  );
}, 60_000);
