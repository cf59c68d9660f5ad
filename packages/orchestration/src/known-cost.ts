import type { RunState } from "@tokenhub/contracts";

/** US dollars the run has cost as far as it is known; calls of unknown cost count nothing. */
export function knownCostUsd(state: Pick<RunState, "calls" | "pastCalls">): number {
  let sum = 0;
  for (const { outcome } of [...state.pastCalls, ...state.calls]) sum += outcome?.costUsd ?? 0;
  return sum;
}
