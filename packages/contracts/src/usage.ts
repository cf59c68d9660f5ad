import { z } from "zod";

const tokens = z.number().int().nonnegative();

/**
 * Token usage in one unit for all providers. `inputTokens` is the total input, cache reads and writes included
 * (Anthropic reports them apart; the sum is made when its answer is read). `outputTokens` includes reasoning tokens.
 */
export const usageSchema = z.object({
  inputTokens: tokens,
  outputTokens: tokens,
  cacheReadTokens: tokens,
  cacheWriteTokens: tokens,
  reasoningTokens: tokens,
  /** `provider`: as reported. `estimated`: the provider did not say, or the call was cut off. */
  source: z.enum(["provider", "estimated"]),
});
export type Usage = z.infer<typeof usageSchema>;
