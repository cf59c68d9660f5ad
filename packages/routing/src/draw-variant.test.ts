import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { indexCatalogue } from "./catalogue-index.ts";
import { drawVariant } from "./draw-variant.ts";
import type { IndexedAlias } from "./index-aliases.ts";
import { testAlias, testCatalogue, testModel } from "./test-catalogue.ts";

const modelIds = ["a", "b", "c", "d", "e"];

function aliasOf(weights: readonly number[], id = "mix"): IndexedAlias {
  const variants = weights.map((weight, at) => ({ modelId: modelIds[at] ?? "", weight }));
  const catalogue = testCatalogue({
    models: modelIds.map((modelId) => testModel(modelId)),
    aliases: [testAlias(id, { models: [], variants })],
  });
  const alias = indexCatalogue(catalogue).aliases.get(id);
  if (alias === undefined) throw new Error("the alias was not indexed");
  return alias;
}

const drawn = (alias: IndexedAlias, key: string): string | undefined =>
  drawVariant(alias, key)?.entry.model.id;

describe("a drawn variant", () => {
  test("gets its share of the keys, whatever the weights and however alike the keys are", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 });
    const keyOf = fc.constantFrom(
      (number: number) => `req_${String(number).padStart(24, "0")}`,
      (number: number) => `key_${number.toString(36)}`,
      (number: number) => `${number}`,
    );
    const keys = 3_000;
    fc.assert(
      fc.property(weights, keyOf, fc.nat(1_000_000), (shares, key, start) => {
        const alias = aliasOf(shares);
        const counts = new Map<string | undefined, number>();
        for (let number = start; number < start + keys; number++) {
          const id = drawn(alias, key(number));
          counts.set(id, (counts.get(id) ?? 0) + 1);
        }
        const total = shares.reduce((sum, share) => sum + share, 0);
        for (const [at, share] of shares.entries()) {
          const expected = share / total;
          const spread = Math.sqrt((expected * (1 - expected)) / keys);
          const actual = (counts.get(modelIds[at]) ?? 0) / keys;
          expect(Math.abs(actual - expected)).toBeLessThanOrEqual(5 * spread + 1e-9);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("is the same for the same key, whatever the order of the variants", () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        const alias = aliasOf([1, 2, 3]);
        const turned = { ...alias, variants: alias.variants.toReversed() };
        expect(drawn(turned, key)).toBe(drawn(alias, key));
      }),
    );
  });

  test("keeps its keys when another variant gets a larger share: only what must move does", () => {
    const before = aliasOf([95, 5]);
    const after = aliasOf([90, 10]);
    const keys = Array.from({ length: 2_000 }, (_, number) => `key_${number}`);
    const canaries = keys.filter((key) => drawn(before, key) === "b");
    expect(canaries.length).toBeGreaterThan(50);
    expect(canaries.every((key) => drawn(after, key) === "b")).toBe(true);
  });

  test("of one alias says nothing about that of another: nobody is in every canary", () => {
    const keys = Array.from({ length: 4_000 }, (_, number) => `key_${number}`);
    const first = keys.filter((key) => drawn(aliasOf([1, 1], "first"), key) === "b");
    const both = first.filter((key) => drawn(aliasOf([1, 1], "second"), key) === "b");
    expect(both.length / first.length).toBeGreaterThan(0.45);
    expect(both.length / first.length).toBeLessThan(0.55);
  });

  test("does not exist for an alias without variants", () => {
    expect(drawVariant(aliasOf([]), "key")).toBeNull();
  });
});
