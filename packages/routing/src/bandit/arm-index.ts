import type { BanditArm, TokenBucket } from "@tokenhub/contracts";
import { tokenBucketOf } from "./token-bucket.ts";

/** What is known of the models, by size of request and then by model id. */
export type ArmIndex = ReadonlyMap<TokenBucket, ReadonlyMap<string, BanditArm>>;

export const noArms: ArmIndex = new Map();

/** Looks arms up fast; built once per snapshot. */
export function indexArms(snapshot: { readonly arms: readonly BanditArm[] }): ArmIndex {
  const index = new Map<TokenBucket, Map<string, BanditArm>>();
  for (const arm of snapshot.arms) {
    const ofBucket = index.get(arm.tokenBucket) ?? new Map<string, BanditArm>();
    index.set(arm.tokenBucket, ofBucket.set(arm.modelId, arm));
  }
  return index;
}

/** The arms of requests of one size; undefined when nothing is known about such requests. */
export function armsOfSize(
  arms: ArmIndex,
  estimatedInputTokens: number,
): ReadonlyMap<string, BanditArm> | undefined {
  return arms.get(tokenBucketOf(estimatedInputTokens));
}
