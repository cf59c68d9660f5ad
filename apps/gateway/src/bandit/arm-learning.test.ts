import type { BanditArm } from "@tokenhub/contracts";
import type { RewardEntry } from "@tokenhub/persistence";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createArmLearning } from "./arm-learning.ts";

const halfLifeMs = 1_000;
const learning = createArmLearning({ halfLifeMs });
const untried: BanditArm = { modelId: "m", tokenBucket: "small", alpha: 1, beta: 1, updatedAtMs: 0 };
const earned = (reward: number, timestampMs = 0): RewardEntry =>
  ({ modelId: "m", tokenBucket: "small", reward, timestampMs }) as RewardEntry;

describe("an arm", () => {
  test("S1d-29: with rewards of 7.5 in ten attempts stands at Beta(8.5, 3.5)", () => {
    const rewards = [1, 1, 1, 1, 1, 1, 1, 0.5, 0, 0].map((reward) => earned(reward));
    expect(learning.update(untried, rewards)).toMatchObject({ alpha: 8.5, beta: 3.5 });
  });

  test("forgets half of what it has learned in a half-life", () => {
    const known = learning.update(untried, [earned(1), earned(1)]);
    expect(learning.update(known, [earned(0, halfLifeMs)])).toMatchObject({ alpha: 2, beta: 2 });
  });

  test("S1d-29: that is told later how good an answer was stands as if it had known it at once", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat({ max: 5_000 }),
        fc.nat({ max: 5_000 }),
        (before, after, atMs, laterMs) => {
          const others = [earned(0.3, atMs + laterMs)];
          const late = learning.update(learning.update(untried, [earned(before, atMs)]), others);
          const revised = learning.revise(late, { atMs, before, after });
          const expected = learning.update(learning.update(untried, [earned(after, atMs)]), others);
          expect(revised.alpha).toBeCloseTo(expected.alpha, 9);
          expect(revised.beta).toBeCloseTo(expected.beta, 9);
        },
      ),
    );
  });

  test("never falls below what is believed of a model that nobody has tried", () => {
    expect(learning.revise(untried, { atMs: 0, before: 1, after: 0 })).toMatchObject({ alpha: 1, beta: 2 });
    expect(learning.revise(untried, { atMs: 0, before: 0, after: 1 })).toMatchObject({ alpha: 2, beta: 1 });
  });
});
