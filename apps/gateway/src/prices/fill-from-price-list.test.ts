import type { CatalogueModel, CatalogueProvider } from "@tokenhub/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainModel } from "../admin/routes/catalogue/model-from-body.ts";
import { plainProvider } from "../admin/routes/catalogue/provider-from-body.ts";
import { fillCatalogue, fillFromPriceList } from "./fill-from-price-list.ts";
import { noPriceCatalogue, type PriceCatalogue } from "./price-catalogue.ts";

const listed = { price: { inputPer1kUsd: 1, outputPer1kUsd: 2 }, contextTokens: 1_000 };
const prices: PriceCatalogue = { find: ({ upstreamName }) => (upstreamName === "known" ? listed : null) };
const provider: CatalogueProvider = plainProvider("p", "openai");
const fill = (model: Partial<CatalogueModel>) =>
  fillFromPriceList({ ...plainModel("m", "p"), upstreamName: "known", ...model }, { provider, prices });

describe("filling a model from the price list", () => {
  it("fills an unknown price and an unknown context, and says where they come from", () => {
    expect(fill({})).toMatchObject({ ...listed, priceSource: "catalogue", contextSource: "catalogue" });
  });

  it("never touches what somebody stated: a price of 0, a context, a stated unlimited", () => {
    fc.assert(
      fc.property(
        fc.record({
          inputPer1kUsd: fc.double({ min: 0, max: 9, noNaN: true }),
          outputPer1kUsd: fc.constant(0),
        }),
        fc.nat(),
        fc.constantFrom("manual" as const, "provider" as const),
        (price, contextTokens, source) => {
          const model = { price, priceSource: source, contextTokens, contextSource: source };
          expect(fill(model)).toMatchObject(model);
        },
      ),
    );
  });

  it("leaves unknown what the list does not know", () => {
    expect(fill({ upstreamName: "other" })).toMatchObject({
      price: null,
      priceSource: null,
      contextSource: null,
    });
    const half: PriceCatalogue = { find: () => ({ price: null, contextTokens: 5 }) };
    expect(fillFromPriceList(plainModel("m", "p"), { provider, prices: half })).toMatchObject({
      price: null,
      priceSource: null,
      contextTokens: 5,
    });
  });

  it("fills nothing where list prices are off, and nothing for a model without a provider", () => {
    const model = { ...plainModel("m", "p"), upstreamName: "known" };
    expect(fillFromPriceList(model, { provider, prices: noPriceCatalogue })).toEqual(model);
    expect(fillFromPriceList(model, { provider: undefined, prices })).toEqual(model);
  });

  it("fills every model of a catalogue by its own provider and keeps everything else", () => {
    const models = [
      { ...plainModel("a", "p"), upstreamName: "known" },
      { ...plainModel("b", "gone"), upstreamName: "known" },
    ];
    const catalogue = { v: 1 as const, version: 3, providers: [provider], models, aliases: [] };
    const filled = fillCatalogue(catalogue, prices);
    expect(filled).toMatchObject({ version: 3, providers: [provider] });
    expect(filled.models.map(({ priceSource }) => priceSource)).toEqual(["catalogue", null]);
  });
});
