import { describe, expect, test } from "vitest";
import { estimateTokens } from "./estimate-tokens.ts";
import { modeNamed, settingsFor } from "./test-runs.ts";
import { worstCaseCost } from "./worst-case-cost.ts";

const price = { inputPer1kUsd: 0.01, outputPer1kUsd: 0.03 };
const templates = {
  "plan.system": "",
  "critique.system": "",
  "critique.ask": "x".repeat(400),
  "refine.system": "",
  "refine.ask": "",
};

test("a single call costs what it reads and writes at most", () => {
  const mode = modeNamed("planning");
  const question = { mode, settings: settingsFor(mode), inputTokens: 1000, maxOutputTokens: 512, templates };
  expect(worstCaseCost({ ...question, priceOf: () => price })).toBeCloseTo(0.02536, 12);
});

test("later calls read the prompts and the longest answers before them", () => {
  const mode = modeNamed("adversarial");
  const settings = settingsFor(mode, { options: { max_tokens: { critique: 300 } } });
  const costUsd = worstCaseCost({
    mode,
    settings,
    inputTokens: 1000,
    maxOutputTokens: 500,
    templates,
    priceOf: () => ({ inputPer1kUsd: 1, outputPer1kUsd: 0 }),
  });
  // Plan 1000; critique 1000 + ask 100 + plan 500; refinement 1000 + plan 500 + critique 300; 12 for each answer's tags.
  expect(costUsd).toBeCloseTo((1000 + 1612 + 1824) / 1000, 9);
});

test("prices go by role; an unknown one makes the whole unknown, unless nobody has that role", () => {
  const mode = modeNamed("adversarial");
  const question = { mode, inputTokens: 0, maxOutputTokens: 1000, templates };
  const priceOf = (role: string) => (role === "planner" ? { inputPer1kUsd: 0, outputPer1kUsd: 1 } : null);
  expect(worstCaseCost({ ...question, settings: settingsFor(mode), priceOf })).toBeNull();
  expect(worstCaseCost({ ...question, settings: settingsFor(mode, { planOnly: true }), priceOf })).toBe(1);
});

describe("Calls per mode", () => {
  test.each([
    ["adversarial", { rounds: 2 }, 5],
    ["vote", { voters: 3 }, 4],
    ["refine", { rounds: 3 }, 4],
    ["planning", {}, 1],
  ])("%s with %j makes at most %i calls", (name, settings, count) => {
    const mode = modeNamed(name);
    expect(mode.worstCase(settingsFor(mode, settings))).toHaveLength(count);
  });
});

test("tokens are a quarter of the UTF-8 bytes", () => {
  for (const text of ["", "abc", "abcd", "üüüü", "日本語", "🦊🦊", "a\u{1f98a}é日"])
    expect(estimateTokens(text)).toBe(Math.floor(new TextEncoder().encode(text).length / 4));
});
