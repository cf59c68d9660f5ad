import { describe, expect, test } from "vitest";
import { buildFact, buildReward, requestIdOf } from "../testing/build-fact.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { createBanditArmRepository } from "./bandit-arm-repository.ts";
import { recordFinished } from "./record-finished.ts";
import { reviseReward, type RewardRevision } from "./revise-reward.ts";
import { createRewardRepository, type RewardEntry } from "./reward-repository.ts";
import type { Database } from "../open-database.ts";

const nowMs = 1_795_000_100_000;

describeDatabases(({ openMigrated }) => {
  async function record(db: Database["db"], rewards: readonly RewardEntry[]): Promise<void> {
    await recordFinished(db, {
      facts: [buildFact(1)],
      rewards,
      updateArm: (arm, added) => ({
        ...arm,
        alpha: added.reduce((sum, { reward }) => sum + reward, arm.alpha),
      }),
      nowMs,
    });
  }
  const revision = (quality: number): RewardRevision => ({
    requestId: requestIdOf(1),
    quality,
    rewardOf: () => quality / 2,
    reviseArm: (arm, { entry, reward }) => ({ ...arm, alpha: arm.alpha + reward - entry.reward }),
  });

  describe("S1d-29: a judgement of an answer", () => {
    test("changes quality and reward of the attempt that answered, and the arm by the difference, however often", async () => {
      const { db } = await openMigrated();
      const fact = buildFact(1);
      const failed = { ...buildReward(fact), succeeded: false, reward: 0 };
      await record(db, [failed, { ...buildReward(fact), attemptIndex: 1, reward: 0.8 }]);
      for (const quality of [0.2, 1, 0.2, 0.2]) {
        expect(await reviseReward(db, revision(quality))).toMatchObject({
          attemptIndex: 1,
          quality,
          reward: quality / 2,
        });
      }
      const { items } = await createRewardRepository(db).page({ limit: 10 });
      expect(items.map(({ attemptIndex, quality, reward }) => [attemptIndex, quality, reward])).toEqual([
        [1, 0.2, 0.1],
        [0, null, 0],
      ]);
      const [arm] = await createBanditArmRepository(db).list();
      expect(arm?.alpha).toBeCloseTo(1.1, 9);
    });

    test("of a request without an answer, or of none at all, changes nothing", async () => {
      const { db } = await openMigrated();
      await record(db, [{ ...buildReward(buildFact(1)), succeeded: false, reward: 0 }]);
      expect(await reviseReward(db, revision(1))).toBeNull();
      expect(await reviseReward(db, { ...revision(1), requestId: requestIdOf(99) })).toBeNull();
      const { items } = await createRewardRepository(db).page({ limit: 10 });
      expect(items.map(({ quality }) => quality)).toEqual([null]);
    });
  });
});
