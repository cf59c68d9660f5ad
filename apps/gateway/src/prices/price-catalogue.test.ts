import { describe, expect, it } from "vitest";
import { createPriceCatalogue } from "./price-catalogue.ts";

const prices = createPriceCatalogue({ now: () => Date.UTC(2026, 10, 1, 12) });
const find = (type: string, upstreamName: string, baseUrl: string | null = null) =>
  prices.find({ provider: { type, baseUrl }, upstreamName });

describe("the price catalogue", () => {
  it("knows the list price per 1,000 tokens and the context of a vendor's model", () => {
    expect(find("openai", "gpt-4")).toEqual({
      price: { inputPer1kUsd: 0.03, outputPer1kUsd: 0.06 },
      contextTokens: 8_192,
    });
    expect(find("anthropic", "claude-sonnet-4-5")).toMatchObject({
      price: { inputPer1kUsd: 0.003, outputPer1kUsd: 0.015 },
    });
    expect(find("groq", "llama-3.3-70b-versatile")?.price).not.toBeNull();
  });

  it("knows the vendor by the address, whatever the type", () => {
    expect(find("openai-compatible", "gpt-4", "https://api.openai.com")?.price).toEqual({
      inputPer1kUsd: 0.03,
      outputPer1kUsd: 0.06,
    });
    expect(find("azure-openai", "gpt-4", "https://acme.openai.azure.com")).not.toBeNull();
  });

  it.each(["vllm", "ollama", "mock"])(
    "has no price for a %s server, whatever its models are called",
    (type) => {
      expect(find(type, "gpt-4", "https://api.openai.com")).toBeNull();
    },
  );

  it("has no price for a known model at an unknown address: somebody else's price is not ours", () => {
    expect(find("openai", "gpt-4", "http://localhost:8000")).toBeNull();
    expect(find("openai-compatible", "claude-sonnet-4-5", "https://gateway.example.com")).toBeNull();
  });

  it.each(["no-such-model", "ft:gpt-4o:acme::1", "gpt-4-my-thing"])(
    "does not guess the price of %s",
    (name) => {
      expect(find("openai", name)).toBeNull();
    },
  );

  it("an unknown type and a type without an address have no price", () => {
    expect(find("telepathy", "gpt-4")).toBeNull();
    expect(find("openai-compatible", "gpt-4")).toBeNull();
  });

  it("an output of 0 is the price of embeddings only", () => {
    expect(find("openai", "text-embedding-3-small")?.price).toEqual({
      inputPer1kUsd: 0.00002,
      outputPer1kUsd: 0,
    });
    const chat = ["gpt-4", "gpt-4o", "gpt-4o-mini", "gpt-5", "o3"].map((name) => find("openai", name)?.price);
    expect(chat.every((price) => price !== undefined && price !== null && price.outputPer1kUsd > 0)).toBe(
      true,
    );
  });
});
