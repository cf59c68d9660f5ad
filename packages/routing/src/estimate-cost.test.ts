import { expect, test } from "vitest";
import { estimateCostUsd, expectedOutputTokens } from "./estimate-cost.ts";

test("1000 tokens in and 512 out at .01/.03 per 1000 cost 0.02536 USD", () => {
  const outputTokens = expectedOutputTokens({ operation: "chat", maxOutputTokens: null });
  const costUsd = estimateCostUsd(
    { inputPer1kUsd: 0.01, outputPer1kUsd: 0.03 },
    { inputTokens: 1000, outputTokens },
  );
  expect(costUsd).toBeCloseTo(0.02536, 12);
});

test("the caller's output limit replaces the assumed 512, and embeddings produce no output", () => {
  expect(expectedOutputTokens({ operation: "chat", maxOutputTokens: 20 })).toBe(20);
  expect(expectedOutputTokens({ operation: "chat", maxOutputTokens: 0 })).toBe(0);
  expect(expectedOutputTokens({ operation: "embeddings", maxOutputTokens: null })).toBe(0);
});
