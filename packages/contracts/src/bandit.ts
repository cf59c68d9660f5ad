import { z } from "zod";

/** Size classes of a request by its estimated input tokens: below 1,000, up to 10,000, above. */
export const tokenBucketSchema = z.enum(["small", "medium", "large"]);
export type TokenBucket = z.infer<typeof tokenBucketSchema>;

/** What is known of one model on requests of one size: a Beta(alpha, beta) belief about its reward, decayed to `updatedAtMs`. */
export const banditArmSchema = z.object({
  modelId: z.string(),
  tokenBucket: tokenBucketSchema,
  alpha: z.number().positive(),
  beta: z.number().positive(),
  /** Unix milliseconds. */
  updatedAtMs: z.number().nonnegative(),
});
export type BanditArm = z.infer<typeof banditArmSchema>;

/** What the gateway publishes to the routers; an arm that is missing stands at Beta(1, 1). */
export const banditSnapshotSchema = z.object({
  v: z.literal(1),
  arms: z.array(banditArmSchema),
});
export type BanditSnapshot = z.infer<typeof banditSnapshotSchema>;
