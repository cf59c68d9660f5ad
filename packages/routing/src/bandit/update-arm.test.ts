import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { learnArms } from "./learn-arms.ts";
import { decayArm, updateArm, type ArmReward } from "./update-arm.ts";

const hourMs = 3_600_000;
const of = (reward: number, atMs = 0): ArmReward => ({ modelId: "m", tokenBucket: "small", reward, atMs });
const learn = (rewards: readonly ArmReward[], halfLifeMs: number, nowMs = 0) =>
  learnArms(rewards, { known: [], nowMs, halfLifeMs }).arms[0];

describe("an arm", () => {
  test("Beta update: rewards of 7.5 in 10 make Beta(8.5, 3.5) of the prior", () => {
    const rewards = [...Array.from({ length: 7 }, () => of(1)), of(0.5), of(0), of(0)];
    expect(learn(rewards, Infinity)).toMatchObject({ alpha: 8.5, beta: 3.5 });
  });

  test("forgets half of what it learned in a half-life, and stands at the prior in the end", () => {
    const arm = { modelId: "m", tokenBucket: "small", alpha: 9, beta: 5, updatedAtMs: 0 } as const;
    expect(decayArm(arm, { nowMs: hourMs, halfLifeMs: hourMs })).toMatchObject({ alpha: 5, beta: 3 });
    const old = decayArm(arm, { nowMs: 1_000 * hourMs, halfLifeMs: hourMs });
    expect([old.alpha, old.beta]).toEqual([expect.closeTo(1, 10), expect.closeTo(1, 10)]);
    expect(decayArm(arm, { nowMs: -1, halfLifeMs: hourMs })).toBe(arm);
  });

  test("learns a model anew that has changed: after a bad day a hundred good old rewards weigh less than ten bad new ones", () => {
    const good = Array.from({ length: 100 }, () => of(1));
    const bad = Array.from({ length: 10 }, () => of(0, 24 * hourMs));
    const arm = learn([...good, ...bad], 6 * hourMs, 24 * hourMs);
    expect((arm?.alpha ?? 0) / ((arm?.alpha ?? 0) + (arm?.beta ?? 0))).toBeLessThan(0.5);
  });

  test("does not depend on the order in which rewards arrive", () => {
    const reward = fc.record({
      modelId: fc.constantFrom("m", "n"),
      tokenBucket: fc.constantFrom("small" as const, "large" as const),
      reward: fc.double({ min: 0, max: 1, noNaN: true }),
      atMs: fc.integer({ min: 0, max: 10 * hourMs }),
    });
    fc.assert(
      fc.property(fc.array(reward, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (rewards, keys) => {
        const settings = { known: [], nowMs: 10 * hourMs, halfLifeMs: 2 * hourMs };
        const shuffled = rewards
          .map((entry) => ({ entry, key: keys.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ entry }) => entry);
        const sorted = (list: readonly ArmReward[]) =>
          learnArms(list, settings)
            .arms.toSorted((a, b) => (a.modelId + a.tokenBucket < b.modelId + b.tokenBucket ? -1 : 1))
            .map(({ alpha, beta, ...rest }) => ({
              ...rest,
              alpha: expect.closeTo(alpha, 9),
              beta: expect.closeTo(beta, 9),
            }));
        const plain = learnArms(rewards, settings).arms.toSorted((a, b) =>
          a.modelId + a.tokenBucket < b.modelId + b.tokenBucket ? -1 : 1,
        );
        expect(plain).toEqual(sorted(shuffled));
      }),
    );
  });

  test("that is learned on from a snapshot is the one learned from scratch", () => {
    const rewards = Array.from({ length: 20 }, (_, at) => of((at % 3) / 2, at * hourMs));
    const settings = { nowMs: 20 * hourMs, halfLifeMs: 5 * hourMs };
    const known = learnArms(rewards.slice(0, 12), {
      known: [],
      nowMs: 12 * hourMs,
      halfLifeMs: 5 * hourMs,
    }).arms;
    const whole = learnArms(rewards, { known: [], ...settings }).arms[0];
    const resumed = learnArms(rewards.slice(12), { known, ...settings }).arms[0];
    expect(resumed?.alpha).toBeCloseTo(whole?.alpha ?? 0, 9);
    expect(resumed?.beta).toBeCloseTo(whole?.beta ?? 0, 9);
  });

  test("learns nothing from an attempt that says nothing", () => {
    const rewards = [{ ...of(0), reward: null }];
    expect(learnArms(rewards, { known: [], nowMs: 0, halfLifeMs: hourMs }).arms).toEqual([]);
  });

  test("keeps both parameters positive and their sum at most two above the number of rewards", () => {
    const steps = fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: hourMs })),
    );
    fc.assert(
      fc.property(steps, (list) => {
        let arm = null as ReturnType<typeof updateArm> | null;
        for (const [reward, atMs] of list) arm = updateArm(arm, { ...of(reward, atMs), halfLifeMs: hourMs });
        if (arm === null) return;
        expect(arm.alpha).toBeGreaterThanOrEqual(1);
        expect(arm.beta).toBeGreaterThanOrEqual(1);
        expect(arm.alpha + arm.beta).toBeLessThanOrEqual(list.length + 2 + 1e-9);
      }),
    );
  });
});
