import type { BanditArm, TokenBucket } from "@tokenhub/contracts";
import { prior } from "./belief.ts";

/** One reward of one model on a request of one size. */
export interface ArmReward {
  readonly modelId: string;
  readonly tokenBucket: TokenBucket;
  /** 0..1 */
  readonly reward: number;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/**
 * Adds a reward to an arm (null: an arm nobody has tried): `alpha + reward`, `beta + 1 - reward`. Ten rewards that sum to
 * 7.5 make Beta(8.5, 3.5) of the prior Beta(1, 1).
 *
 * What is known fades: after each half-life half of what rewards have added is gone, so that a model that has changed is
 * learned anew. A reward that arrives late counts with what would be left of it by now; the order of arrival plays no part.
 * @param halfLifeMs `Infinity` keeps everything.
 */
export function updateArm(
  arm: BanditArm | null,
  { modelId, tokenBucket, reward, atMs, halfLifeMs }: ArmReward & { halfLifeMs: number },
): BanditArm {
  const updatedAtMs = Math.max(arm?.updatedAtMs ?? 0, atMs);
  const known = arm === null ? null : decayArm(arm, { nowMs: updatedAtMs, halfLifeMs });
  const left = remaining(updatedAtMs - atMs, halfLifeMs);
  return {
    modelId,
    tokenBucket,
    alpha: (known?.alpha ?? prior.alpha) + reward * left,
    beta: (known?.beta ?? prior.beta) + (1 - reward) * left,
    updatedAtMs,
  };
}

/** The arm as it stands at a later time: what rewards have added has faded. An earlier time changes nothing. */
export function decayArm(
  arm: BanditArm,
  { nowMs, halfLifeMs }: { nowMs: number; halfLifeMs: number },
): BanditArm {
  if (nowMs <= arm.updatedAtMs) return arm;
  const left = remaining(nowMs - arm.updatedAtMs, halfLifeMs);
  return {
    ...arm,
    alpha: prior.alpha + (arm.alpha - prior.alpha) * left,
    beta: prior.beta + (arm.beta - prior.beta) * left,
    updatedAtMs: nowMs,
  };
}

function remaining(ageMs: number, halfLifeMs: number): number {
  return 2 ** (-ageMs / halfLifeMs);
}
