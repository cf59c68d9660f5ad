import type { Usage } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { costOfUsage } from "./cost-of-usage.ts";

const usage: Usage = {
  inputTokens: 1000,
  outputTokens: 512,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 200,
  source: "provider",
};
const price = { inputPer1kUsd: 0.01, outputPer1kUsd: 0.03 };

test("C cost: 1000 tokens in and 512 out at .01/.03 cost 0.02536 USD; reasoning is part of the output", () => {
  expect(costOfUsage(usage, price)).toBeCloseTo(0.02536, 12);
});

test("tokens of the prompt cache cost what input costs, unless the price says otherwise", () => {
  const cached = { ...usage, cacheReadTokens: 600, cacheWriteTokens: 300 };
  expect(costOfUsage(cached, price)).toBeCloseTo(0.02536, 12);
  const detailed = { ...price, cacheReadPer1kUsd: 0.001, cacheWritePer1kUsd: 0.0125 };
  expect(costOfUsage(cached, detailed)).toBeCloseTo(0.001 + 0.0006 + 0.00375 + 0.01536, 12);
});

test("an unknown usage or price has an unknown cost; a free model costs nothing", () => {
  expect(costOfUsage(null, price)).toBeNull();
  expect(costOfUsage(usage, null)).toBeNull();
  expect(costOfUsage(usage, { inputPer1kUsd: 0, outputPer1kUsd: 0 })).toBe(0);
});

test("a provider that reports more cached than total input never makes the cost negative", () => {
  const odd = { ...usage, inputTokens: 10, outputTokens: 0, cacheReadTokens: 50 };
  expect(costOfUsage(odd, { ...price, cacheReadPer1kUsd: 0 })).toBe(0);
});
