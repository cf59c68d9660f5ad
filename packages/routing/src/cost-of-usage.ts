import type { Price, Usage } from "@tokenhub/contracts";

/** A price that may say what tokens read from and written to a provider's prompt cache cost; else they cost what input costs. */
export interface UsagePrice extends Price {
  readonly cacheReadPer1kUsd?: number;
  readonly cacheWritePer1kUsd?: number;
}

/**
 * What a call cost in US dollars; null when its usage or the model's price is unknown. `inputTokens` includes cache reads
 * and writes, `outputTokens` includes reasoning.
 */
export function costOfUsage(usage: Usage | null, price: UsagePrice | null): number | null {
  if (usage === null || price === null) return null;
  const { inputPer1kUsd, outputPer1kUsd } = price;
  const plainTokens = Math.max(0, usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens);
  const per1k =
    plainTokens * inputPer1kUsd +
    usage.cacheReadTokens * (price.cacheReadPer1kUsd ?? inputPer1kUsd) +
    usage.cacheWriteTokens * (price.cacheWritePer1kUsd ?? inputPer1kUsd) +
    usage.outputTokens * outputPer1kUsd;
  return per1k / 1000;
}
