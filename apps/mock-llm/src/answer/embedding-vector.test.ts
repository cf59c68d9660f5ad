import fc from "fast-check";
import { expect, it } from "vitest";
import { embeddingVector } from "./embedding-vector.ts";

it("an embedding is a unit vector that depends only on text and dimensions", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 300 }), (text, dimensions) => {
      const vector = embeddingVector(text, { dimensions });
      expect(vector).toHaveLength(dimensions);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
      expect(embeddingVector(text, { dimensions })).toEqual(vector);
    }),
  );
});

it("different texts have different embeddings", () => {
  const texts = ["", "a", "b", "ab", "ba", "a ", "x".repeat(1_000)];
  const vectors = texts.map((text) => embeddingVector(text, { dimensions: 8 }).join(","));
  expect(new Set(vectors).size).toBe(texts.length);
});
