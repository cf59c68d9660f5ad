import type { RunCall, RunInput, RunState, Usage } from "@tokenhub/contracts";
import { answerText } from "./answer-text.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { knownCostUsd } from "./known-cost.ts";
import { renderCall } from "./render-call.ts";

/** What all calls of a run took, those of earlier attempts included. */
export interface RunTotals {
  readonly usage: Usage;
  /** US dollars; null when what an answer cost is unknown. */
  readonly costUsd: number | null;
}

/** Every call of a run, those of earlier attempts included, in the order in which they were begun. */
export function allCalls(state: Pick<RunState, "calls" | "pastCalls">): RunCall[] {
  return [...state.pastCalls, ...state.calls].toSorted((a, b) => a.startedAtMs - b.startedAtMs);
}

/** Adds up what the calls took. An answer whose provider reported nothing counts with the estimate of its texts. */
export function totalsOf(input: RunInput, state: RunState): RunTotals {
  const calls = [...state.pastCalls, ...state.calls];
  const usages = calls.map((call) => usageOfCall({ input, state, call })).filter((usage) => usage !== null);
  const isKnown = calls.every(({ outcome }) => outcome?.kind !== "answered" || outcome.costUsd !== null);
  return { usage: usages.reduce(addUsage, noUsage), costUsd: isKnown ? knownCostUsd(state) : null };
}

const noUsage: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  source: "provider",
};

function addUsage(sum: Usage, usage: Usage): Usage {
  return {
    inputTokens: sum.inputTokens + usage.inputTokens,
    outputTokens: sum.outputTokens + usage.outputTokens,
    cacheReadTokens: sum.cacheReadTokens + usage.cacheReadTokens,
    cacheWriteTokens: sum.cacheWriteTokens + usage.cacheWriteTokens,
    reasoningTokens: sum.reasoningTokens + usage.reasoningTokens,
    source: usage.source === "estimated" ? "estimated" : sum.source,
  };
}

/** What one call took: as reported, else estimated for an answer; null for a call without one. */
export function usageOfCall({
  input,
  state,
  call,
}: {
  readonly input: RunInput;
  readonly state: RunState;
  readonly call: RunCall;
}): Usage | null {
  const { outcome, spec } = call;
  if (outcome === null || outcome.usage !== null) return outcome?.usage ?? null;
  const text = answerText(outcome);
  if (text === null) return null;
  return {
    ...noUsage,
    inputTokens: renderCall({ input, state, spec }).estimatedInputTokens,
    outputTokens: estimateTokens(text),
    source: "estimated",
  };
}
