import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sortPositions } from "./sort-positions.ts";

// Few distinct keys, so that ties are common.
const keyLists = fc.array(fc.constantFrom(-2, -0.5, 0, 0.1, 3, Infinity), { maxLength: 300 });

test("positions come out by ascending key, equal keys in their old order", () => {
  fc.assert(
    fc.property(keyLists, (keys) => {
      const expected = keys.map((_, position) => position).toSorted((a, b) => compare(keys, { a, b }));
      expect([...sortPositions(Float64Array.from(keys))]).toEqual(expected);
    }),
  );
});

test("a second sort keeps the order of the first among equal keys", () => {
  fc.assert(
    fc.property(keyLists, (keys) => {
      const reversed = keys.map((_, position) => keys.length - 1 - position);
      const expected = reversed.toSorted((a, b) => compare(keys, { a, b }));
      const initial = Int32Array.from(reversed);
      expect([...sortPositions(Float64Array.from(keys), initial)]).toEqual(expected);
      expect([...initial]).toEqual(reversed);
    }),
  );
});

function compare(keys: readonly number[], { a, b }: { a: number; b: number }): number {
  const left = keys[a] ?? 0;
  const right = keys[b] ?? 0;
  return left === right ? 0 : left < right ? -1 : 1;
}
