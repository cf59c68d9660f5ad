import { indexCatalogue, type CatalogueIndex } from "@tokenhub/routing";
import { expect, it } from "vitest";
import { createAliasTurns } from "./alias-turns.ts";
import { buildCatalogue, buildModel } from "./testing/build-catalogue.ts";

const variantsOf = (weights: readonly number[]) =>
  weights.map((weight, at) => ({ modelId: `m${at}`, weight }));
const catalogueWith = (weights: readonly number[], ids: readonly string[] = ["mix"]): CatalogueIndex =>
  indexCatalogue(
    buildCatalogue({
      models: weights.map((_, at) => buildModel(`m${at}`)),
      aliases: ids.map((id) => ({
        id,
        enabled: true,
        stickyBy: "round_robin",
        variants: variantsOf(weights),
      })),
    }),
  );

function take(turns: ReturnType<typeof createAliasTurns>, catalogue: CatalogueIndex, id = "mix"): number {
  const alias = catalogue.aliases.get(id);
  if (alias === undefined) throw new Error(`no alias ${id}`);
  return turns.take(catalogue, alias);
}

it("takes turns without runs, each alias its own", () => {
  const turns = createAliasTurns();
  const catalogue = catalogueWith([3, 1], ["mix", "other"]);
  const taken = Array.from({ length: 8 }, () => [take(turns, catalogue), take(turns, catalogue, "other")]);
  expect(taken.map(([mix]) => mix)).toEqual([0, 0, 1, 0, 0, 0, 1, 0]);
  expect(taken.map(([, other]) => other)).toEqual(taken.map(([mix]) => mix));
});

it("starts anew with another catalogue, whose variants may be others", () => {
  const turns = createAliasTurns();
  const before = catalogueWith([1, 1]);
  take(turns, before);
  const after = catalogueWith([1, 1, 1]);
  expect([take(turns, after), take(turns, after), take(turns, after)]).toEqual([0, 1, 2]);
});

it("keeps the turns of a bounded number of aliases", () => {
  const turns = createAliasTurns({ limit: 2 });
  const catalogue = catalogueWith([1, 1], ["a", "b", "c"]);
  expect([take(turns, catalogue, "a"), take(turns, catalogue, "b"), take(turns, catalogue, "c")]).toEqual([
    0, 0, 0,
  ]);
  expect(take(turns, catalogue, "b")).toBe(1);
  expect(take(turns, catalogue, "a")).toBe(0);
});
