import type { BanditArm, BanditSnapshot } from "@tokenhub/contracts";
import { decayArm, updateArm, type ArmReward } from "./update-arm.ts";

/**
 * What is believed after some more rewards, as a snapshot to publish: every arm decayed to `nowMs`. Rewards of null (an
 * attempt that says nothing about the model) are left out.
 * @param known arms learned before; empty to learn from scratch.
 */
export function learnArms(
  rewards: Iterable<Omit<ArmReward, "reward"> & { readonly reward: number | null }>,
  { known, nowMs, halfLifeMs }: { known: readonly BanditArm[]; nowMs: number; halfLifeMs: number },
): BanditSnapshot {
  const arms = new Map(known.map((arm) => [keyOf(arm), arm]));
  for (const { reward, ...rest } of rewards) {
    if (reward === null) continue;
    const key = keyOf(rest);
    arms.set(key, updateArm(arms.get(key) ?? null, { ...rest, reward, halfLifeMs }));
  }
  return { v: 1, arms: [...arms.values()].map((arm) => decayArm(arm, { nowMs, halfLifeMs })) };
}

function keyOf({ tokenBucket, modelId }: Pick<BanditArm, "tokenBucket" | "modelId">): string {
  return `${tokenBucket}:${modelId}`;
}
