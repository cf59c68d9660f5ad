import type { BanditArm } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { transaction } from "../transaction.ts";
import { updateArms } from "./bandit-arm-repository.ts";
import { createRewardRepository, type RewardEntry } from "./reward-repository.ts";

export interface RewardRevision {
  readonly requestId: string;
  /** 0..1: how good the answer was. */
  readonly quality: number;
  /** The reward that the entry has with this quality. */
  readonly rewardOf: (entry: RewardEntry) => number;
  /** Puts the new reward in the place of the old one, from which the arm has learned. */
  readonly reviseArm: (
    arm: BanditArm,
    change: { readonly entry: RewardEntry; readonly reward: number },
  ) => BanditArm;
}

/**
 * Notes how good an answer was on the attempt that gave it, with the reward that follows, and lets the arm learn that; all
 * in one transaction. Repeating it changes nothing. Null when no attempt of the request has succeeded, or none is recorded.
 */
export function reviseReward(db: Kysely<Schema>, revision: RewardRevision): Promise<RewardEntry | null> {
  const { requestId, quality, rewardOf, reviseArm } = revision;
  return transaction(db, async (begun) => {
    const rewards = createRewardRepository(begun);
    // Writing first locks the row: two who judge the same answer take turns.
    if (!(await rewards.setQuality(requestId, quality))) return null;
    const { items } = await rewards.page({ filters: { requestId, succeeded: true }, limit: 1 });
    const entry = items[0];
    if (entry === undefined) return null;
    const reward = rewardOf(entry);
    await begun
      .updateTable("reward_log")
      .set({ reward })
      .where("event_id", "=", entry.eventId)
      .where("attempt_index", "=", entry.attemptIndex)
      .execute();
    await updateArms(begun, { rewards: [entry], update: (arm) => reviseArm(arm, { entry, reward }) });
    return { ...entry, reward };
  });
}
