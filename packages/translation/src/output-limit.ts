import type { WarningList } from "./warning-list.ts";

/** The caller's limit, lowered to the model's known maximum, beyond which providers answer 400. */
export function limitOutputTokens(
  wanted: number,
  input: { readonly maximum: number | null; readonly warnings: WarningList },
): number {
  const { maximum, warnings } = input;
  if (maximum === null || wanted <= maximum) return wanted;
  warnings.add(`\`max_tokens\` was lowered from ${wanted} to ${maximum}, the model's maximum.`);
  return maximum;
}
