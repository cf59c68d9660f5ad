import type { BanditArm } from "@tokenhub/contracts";
import type { ArmUpdate } from "@tokenhub/persistence";
import { decayArm, prior, updateArm } from "@tokenhub/routing";

/** After so long half of what rewards have taught is forgotten, so that a model that has changed is learned anew. */
const defaultHalfLifeMs = 86_400_000;

/** How arms learn in this installation. */
export interface ArmLearning {
  readonly halfLifeMs: number;
  /** Adds rewards to an arm. */
  readonly update: ArmUpdate;
  /** Puts another reward in the place of one the arm has learned from before. */
  revise(arm: BanditArm, change: RewardChange): BanditArm;
}

interface RewardChange {
  /** When the reward was earned: what is left of it has faded since. */
  readonly atMs: number;
  readonly before: number;
  readonly after: number;
}

export function createArmLearning({ halfLifeMs = defaultHalfLifeMs } = {}): ArmLearning {
  return {
    halfLifeMs,
    update: (arm, rewards) =>
      rewards.reduce(
        (known, { modelId, tokenBucket, reward, timestampMs }) =>
          updateArm(known, { modelId, tokenBucket, reward, atMs: timestampMs, halfLifeMs }),
        arm,
      ),
    revise(arm, { atMs, before, after }) {
      const known = decayArm(arm, { nowMs: atMs, halfLifeMs });
      const left = 2 ** (-(known.updatedAtMs - atMs) / halfLifeMs);
      const change = (after - before) * left;
      // An arm that was learned anew in between may not hold the old reward any more.
      return {
        ...known,
        alpha: Math.max(prior.alpha, known.alpha + change),
        beta: Math.max(prior.beta, known.beta - change),
      };
    },
  };
}
