import type { Catalogue, CatalogueModel } from "@tokenhub/contracts";
import { indexCatalogue } from "@tokenhub/routing";
import { describe, expect, test } from "vitest";
import { createPermittedModels } from "./permitted-models.ts";

const model = (id: string): CatalogueModel => ({
  id,
  providerId: "p",
  upstreamName: id,
  enabled: true,
  weight: 1,
  contextTokens: 0,
  maxOutputTokens: null,
  price: null,
  priceSource: null,
  contextSource: null,
  capabilities: null,
  expectedLatencyMs: null,
  toolNameMap: {},
  gemma4Output: false,
});

function catalogueOf(aliasModels: readonly string[]): Catalogue {
  return {
    v: 1,
    version: 1,
    providers: [],
    models: ["a", "b", "vendor/c"].map(model),
    aliases: [
      {
        id: "fast",
        enabled: true,
        stickyBy: "scored",
        variants: aliasModels.map((modelId) => ({ modelId, weight: 1 })),
      },
    ],
  };
}

let index = indexCatalogue(catalogueOf(["a", "b"]));
const models = createPermittedModels(() => index);

describe("S3-92: a key with a list of models", () => {
  test.each([
    ["a model on the list", ["a"], "a", ["a"]],
    ["a model on the list by its provider's name", ["a"], "p/a", ["a"]],
    ["a model on the list by the end of its id", ["vendor/c"], "c", ["vendor/c"]],
    ["an alias on the list, which stands for its models", ["fast"], "fast", ["a", "b"]],
    ["no model: the server picks from the list", ["fast", "vendor/c"], null, ["a", "b", "vendor/c"]],
    ["the server's choice by name", ["a"], "auto", ["a"]],
  ])("may name %s", (_what, list, name, expected) => {
    expect(models.forRequest(list, name)).toEqual(expected);
  });

  test.each([
    ["a model that is not on it", ["a"], "b"],
    ["a model that only an alias on it stands for", ["fast"], "a"],
    ["an alias whose models are all on it", ["a", "b"], "fast"],
    ["a name that nothing has", ["a"], "nothing"],
    ["a listed name in other letters", ["a"], "A"],
  ])("may not name %s", (_what, list, name) => {
    expect(() => models.forRequest(list, name)).toThrow(
      expect.objectContaining({ code: "model_not_allowed" }),
    );
  });
});

test("S3-92: a key without a list may name anything", () => {
  expect(models.forRequest(null, "nothing")).toBeNull();
});

test("S3-92: an alias on the list follows the catalogue", () => {
  const list = ["fast"];
  expect(models.forRequest(list, null)).toEqual(["a", "b"]);
  index = indexCatalogue(catalogueOf(["b", "vendor/c"]));
  expect(models.forRequest(list, null)).toEqual(["b", "vendor/c"]);
  index = indexCatalogue(catalogueOf(["a", "b"]));
});
