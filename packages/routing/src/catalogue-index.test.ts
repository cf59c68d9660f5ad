import { expect, test } from "vitest";
import { indexCatalogue } from "./catalogue-index.ts";
import { testCatalogue, testModel } from "./test-catalogue.ts";

test("entries stand by weight, then id, whatever the order of the catalogue", () => {
  const models = [
    testModel("b", { weight: 1 }),
    testModel("a", { weight: 1 }),
    testModel("z", { weight: 150 }),
    testModel("c", { weight: 0.5 }),
  ];
  const order = indexCatalogue(testCatalogue({ models })).entries.map((entry) => entry.model.id);
  expect(order).toEqual(["z", "a", "b", "c"]);
  const turned = indexCatalogue(testCatalogue({ models: models.toReversed() }));
  expect(turned.entries.map((entry) => entry.model.id)).toEqual(order);
});

test("the references that decisions share cannot be changed", () => {
  const index = indexCatalogue(testCatalogue({ models: [testModel("a")] }));
  const reference = index.entries[0]?.reference;
  expect(() => Object.assign(reference ?? {}, { modelId: "other" })).toThrow(TypeError);
});

test("the catalogue that was indexed is left as it was", () => {
  const catalogue = testCatalogue({ models: [testModel("b"), testModel("a")] });
  const before = structuredClone(catalogue);
  indexCatalogue(catalogue);
  expect(catalogue).toEqual(before);
});
