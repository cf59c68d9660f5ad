import type { ModelEntry } from "@tokenhub/persistence";
import { describe, expect, it } from "vitest";
import { modelFromBody, plainModel } from "./model-from-body.ts";

const stored = plainModel("m", "p");
/** The same model with what the price list adds to it. */
const listed: ModelEntry = {
  ...stored,
  price: { inputPer1kUsd: 0.03, outputPer1kUsd: 0.06 },
  priceSource: "catalogue",
  contextTokens: 8_192,
  contextSource: "catalogue",
};
const manual: ModelEntry = {
  ...stored,
  price: { inputPer1kUsd: 1, outputPer1kUsd: 2 },
  priceSource: "manual",
  contextTokens: 4_096,
  contextSource: "manual",
};
const change = (form: Parameters<typeof modelFromBody>[0], base = stored, shown = listed) =>
  modelFromBody(form, { base, shown });

describe("a model's price", () => {
  it("that changes is the operator's, also when only one of the two changes", () => {
    expect(change({ input_per_1k: 5, output_per_1k: 6 })).toMatchObject({
      price: { inputPer1kUsd: 5, outputPer1kUsd: 6 },
      priceSource: "manual",
    });
    expect(change({ input_per_1k: 5 })).toMatchObject({
      price: { inputPer1kUsd: 5, outputPer1kUsd: 0.06 },
      priceSource: "manual",
    });
  });

  it("from the list that is sent back as it is shown stays with the list, and follows its changes", () => {
    expect(change({ input_per_1k: 0.03, output_per_1k: 0.06, pricing_source: "catalogue" })).toMatchObject({
      price: null,
      priceSource: null,
    });
  });

  it("can be pinned as it is shown, and handed back to the list", () => {
    expect(change({ pricing_source: "manual" })).toMatchObject({
      price: { inputPer1kUsd: 0.03, outputPer1kUsd: 0.06 },
      priceSource: "manual",
    });
    for (const pricing_source of ["catalogue", "litellm"] as const)
      expect(change({ pricing_source }, manual, manual)).toMatchObject({ price: null, priceSource: null });
  });

  it("of 0 is a price, null is an unknown one, and half a price is refused", () => {
    expect(change({ cost_per_1k: 0 })).toMatchObject({
      price: { inputPer1kUsd: 0, outputPer1kUsd: 0 },
      priceSource: "manual",
    });
    expect(change({ cost_per_1k: null }, manual, manual)).toMatchObject({ price: null, priceSource: null });
    expect(() => change({ input_per_1k: 1 }, stored, stored)).toThrow(/output_per_1k/);
    expect(() => change({ input_per_1k: null, output_per_1k: 1 }, manual, manual)).toThrow(/input_per_1k/);
  });

  it("that nobody mentions stays, whatever else changes", () => {
    expect(change({ weight: 4 }, manual, manual)).toEqual({ ...manual, weight: 4 });
    expect(change({ weight: 4 })).toEqual({ ...stored, weight: 4 });
  });
});

describe("a model's context", () => {
  it("that changes is the operator's; 0 is unlimited and null unknown", () => {
    expect(change({ max_context_tokens: 9 })).toMatchObject({ contextTokens: 9, contextSource: "manual" });
    expect(change({ context_size: 0 })).toMatchObject({ contextTokens: 0, contextSource: "manual" });
    expect(change({ max_context_tokens: null }, manual, manual)).toMatchObject({
      contextTokens: 0,
      contextSource: null,
    });
  });

  it("that is sent back as it is shown keeps its source", () => {
    expect(change({ max_context_tokens: 8_192 })).toMatchObject({ contextTokens: 0, contextSource: null });
    const found = { ...stored, contextTokens: 5, contextSource: "provider" as const };
    expect(change({ max_context_tokens: 5 }, found, found)).toMatchObject({ contextSource: "provider" });
    expect(change({ max_context_tokens: 8_192, context_size: 8_192 })).toMatchObject({ contextSource: null });
  });
});

describe("a model's capabilities", () => {
  it("S3-14, S3-85: take the spellings of older files; operations alone limit no feature", () => {
    expect(change({ capabilities: ["embedding"] }).capabilities).toEqual(["embeddings"]);
    expect(change({ capabilities: ["chat", "vision", "function_calling"] }).capabilities).toEqual([
      "chat",
      "images",
      "tools",
    ]);
    expect(change({ capabilities: ["chat", "completion"] }).capabilities).toEqual(
      expect.arrayContaining(["chat", "completion", "tools", "streaming"]),
    );
    expect(change({ capabilities: [] }).capabilities).toBeNull();
  });
});

describe("what a model says about keeping answers", () => {
  const kept: ModelEntry = { ...stored, cache: { kind: "on", ttlMs: 60_000 } };

  it("S3-91: is set, stays when nobody mentions it, and is cleared by null", () => {
    expect(change({ cache: "on" }).cache).toEqual({ kind: "on", ttlMs: null });
    expect(change({ cache: "on", cache_ttl_seconds: 60 }).cache).toEqual(kept.cache);
    expect(change({ cache: "off" }, kept).cache).toEqual({ kind: "off" });
    expect(change({ weight: 2 }, kept).cache).toEqual(kept.cache);
    expect(change({ cache_ttl_seconds: 90 }, kept).cache).toEqual({ kind: "on", ttlMs: 90_000 });
    expect(change({ cache: null }, kept).cache).toBeNull();
  });

  it("S3-91: a time without anything to keep is refused", () => {
    expect(() => change({ cache_ttl_seconds: 60 })).toThrow(
      expect.objectContaining({ code: "invalid_request", param: "cache_ttl_seconds" }),
    );
    expect(() => change({ cache: "off", cache_ttl_seconds: 60 }, kept)).toThrow(/cache_ttl_seconds/);
  });
});
