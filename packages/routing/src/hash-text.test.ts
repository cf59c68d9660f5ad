import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hashText } from "./hash-text.ts";

test("the same text has the same hash, a 32-bit whole number; a seed gives it another", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), (text, seed) => {
      const hash = hashText(text, seed);
      expect(hash).toBe(hashText(text, seed));
      expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
    }),
  );
  expect(hashText("a", 1)).not.toBe(hashText("a", 2));
});

test("counting up one digit moves about half of the bits, and each bit about half of the time", () => {
  const moved = Array.from({ length: 32 }, () => 0);
  const samples = 4_000;
  for (let number = 0; number < samples; number++) {
    const difference = hashText(`req_${number}`) ^ hashText(`req_${number + 1}`);
    for (let bit = 0; bit < 32; bit++) moved[bit] = (moved[bit] ?? 0) + ((difference >>> bit) & 1);
  }
  for (const count of moved) expect(Math.abs(count / samples - 0.5)).toBeLessThan(0.05);
});
