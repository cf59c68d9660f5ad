import type { NormalisedSettings } from "./run-mode.ts";

/** The most rounds or voters a run may have. */
export const iterationsMax = 10;

/** A count as the caller sent it, 0 standing for the mode's default; a fault when it is not a whole number from 0 to 10. */
export function countOf(
  wanted: number,
  fallback: number,
): { readonly kind: "ok"; readonly count: number } | Extract<NormalisedSettings, { kind: "invalid" }> {
  if (Number.isInteger(wanted) && wanted >= 0 && wanted <= iterationsMax)
    return { kind: "ok", count: wanted === 0 ? fallback : wanted };
  return {
    kind: "invalid",
    param: "iterations",
    message: `\`iterations\` must be a whole number from 0 to ${iterationsMax}; 0 stands for the mode's default.`,
  };
}
