/**
 * Thinking budgets in tokens for OpenAI's efforts (none: thinking off):
 *
 *     minimal 1,024 · low 2,048 · medium 8,192 · high 16,384 · xhigh 32,768 · max 65,536
 *
 * 1,024 is the least that Anthropic takes.
 */
const budgets: ReadonlyMap<string, number> = new Map([
  ["minimal", 1_024],
  ["low", 2_048],
  ["medium", 8_192],
  ["high", 16_384],
  ["xhigh", 32_768],
  ["max", 65_536],
]);

export const thinkingBudgetMin = 1_024;

/** Budget of an effort; an effort this table does not know counts as `medium`. */
export function budgetForEffort(effort: string): number {
  return budgets.get(effort) ?? 8_192;
}

/**
 * The effort for a budget: below 4,096 `low`, below 12,288 `medium`, else `high`. Only these three, because every reasoning
 * model takes them. {@link budgetForEffort} of each leads back to it.
 */
export function effortForBudget(budgetTokens: number): "low" | "medium" | "high" {
  if (budgetTokens < 4_096) return "low";
  return budgetTokens < 12_288 ? "medium" : "high";
}

/** OpenAI's `minimal` is Anthropic's `low`; the other names are the same. */
export function anthropicEffort(effort: string): string {
  return effort === "minimal" ? "low" : effort;
}
