import * as fc from "fast-check";
import { expect, test } from "vitest";
import { rewardOf } from "./reward.ts";

const answer = { costUsd: 0, latencyMs: 0, latencyBudgetMs: 4_000, quality: 1 };

test.each([
  ["cost 0 and latency 0", {}, 1],
  ["cost .05 and half the latency budget", { costUsd: 0.05, latencyMs: 2_000 }, 0.7],
  ["cost .1 and the whole latency budget", { costUsd: 0.1, latencyMs: 4_000 }, 0.4],
  ["more than both", { costUsd: 7, latencyMs: 90_000 }, 0.4],
  ["without a latency budget a second is all there is", { latencyMs: 500, latencyBudgetMs: null }, 0.85],
  ["a budget below a second counts as one", { latencyMs: 500, latencyBudgetMs: 10 }, 0.85],
  ["an unknown cost is no advantage", { costUsd: null }, 0.7],
  ["quality is worth 0.4", { quality: 0 }, 0.6],
])("Reward: %s", (_title, changes, reward) => {
  expect(rewardOf({ ...answer, ...changes })).toBeCloseTo(reward, 12);
});

test("S1d-29: a reward lies between 0 and 1, and falls with cost and latency and rises with quality", () => {
  const amount = fc.double({ min: 0, max: 1e6, noNaN: true });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(amount, amount, fc.option(amount), share, (costUsd, latencyMs, latencyBudgetMs, quality) => {
      const measures = { costUsd, latencyMs, latencyBudgetMs, quality };
      const reward = rewardOf(measures);
      expect(reward).toBeGreaterThanOrEqual(0);
      expect(reward).toBeLessThanOrEqual(1);
      expect(rewardOf({ ...measures, costUsd: costUsd * 2 })).toBeLessThanOrEqual(reward);
      expect(rewardOf({ ...measures, latencyMs: latencyMs + 100 })).toBeLessThanOrEqual(reward);
      expect(rewardOf({ ...measures, quality: 1 })).toBeGreaterThanOrEqual(reward);
    }),
  );
});
