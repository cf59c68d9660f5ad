import type { Catalogue, CatalogueModel } from "@tokenhub/contracts";
import { indexCatalogue } from "@tokenhub/routing";
import { expect, test } from "vitest";
import { dearestCostUsd } from "./dearest-cost.ts";

const model = (id: string, change: Partial<CatalogueModel> = {}): CatalogueModel => ({
  id,
  providerId: "p",
  upstreamName: id,
  enabled: true,
  weight: 1,
  contextTokens: 0,
  maxOutputTokens: null,
  price: { inputPer1kUsd: 1, outputPer1kUsd: 2 },
  priceSource: null,
  contextSource: null,
  capabilities: null,
  expectedLatencyMs: null,
  toolNameMap: {},
  gemma4Output: false,
  ...change,
});
const dear = { price: { inputPer1kUsd: 10, outputPer1kUsd: 20 } };
const catalogue: Catalogue = {
  v: 1,
  version: 1,
  providers: [],
  models: [
    model("cheap"),
    model("dear", dear),
    model("free", { price: null }),
    model("off", { price: { inputPer1kUsd: 1e6, outputPer1kUsd: 1e6 }, enabled: false }),
    model("embed", { capabilities: ["embeddings"], price: { inputPer1kUsd: 500, outputPer1kUsd: 0 } }),
  ],
  aliases: [{ id: "fast", enabled: true, stickyBy: "scored", variants: [{ modelId: "cheap", weight: 1 }] }],
};
const index = indexCatalogue(catalogue);

test.each([
  ["the named model", { requestedModel: "cheap" }, 3],
  [
    "the dearest model that the named one may fall back to",
    { requestedModel: "cheap", allowFallback: true },
    30,
  ],
  ["the dearest model of an alias", { requestedModel: "fast" }, 3],
  ["the dearest model of all that chat, when the server picks", { requestedModel: null }, 30],
  ["the dearest model that the key admits", { requestedModel: null, allowedModelIds: ["cheap", "free"] }, 3],
  ["its own limit, when that is lower", { requestedModel: "dear", maxBudgetUsd: 0.5 }, 0.5],
  ["nothing where no price is known", { requestedModel: "free" }, 0],
  ["only the input of embeddings", { requestedModel: "embed", operation: "embeddings" as const }, 500],
  ["512 tokens of output when it limits none", { requestedModel: "cheap", maxOutputTokens: null }, 1 + 1.024],
])("a request may cost at most %s", (_what, change, expected) => {
  const {
    allowFallback = false,
    maxBudgetUsd = null,
    ...features
  } = change as typeof change & {
    allowFallback?: boolean;
    maxBudgetUsd?: number;
  };
  const cost = dearestCostUsd(index, {
    operation: "chat",
    estimatedInputTokens: 1_000,
    maxOutputTokens: 1_000,
    allowedModelIds: null,
    ...features,
    policy: { allowFallback, maxBudgetUsd },
  });
  expect(cost).toBeCloseTo(expected, 12);
});
