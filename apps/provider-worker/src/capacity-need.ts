import type { CallAttempt, CallJob, CatalogueModel, Usage } from "@tokenhub/contracts";
import type { CapacityNeed } from "@tokenhub/ledger";
import type { CallTarget } from "./handlers/execute-call.ts";

/** Taken for the answer of a request that does not say how long it may be. */
const assumedOutputTokens = 512;
/** A request that could go elsewhere waits no longer for its turn. */
const patienceMs = 1_000;
/** The least time a call takes: a turn that comes later than this before the deadline comes too late. */
const shortestCallMs = 250;

/** What a call takes of its provider's limits; nothing when the provider has none. */
export function capacityNeedOf(job: CallJob, target: CallTarget, nowMs: number): { capacity?: CapacityNeed } {
  const { rateLimit } = target.provider;
  if (rateLimit === null) return {};
  const remainingMs = Math.max(0, job.deadlineAtMs - nowMs - shortestCallMs);
  const isMovable = canGoElsewhere(job);
  return {
    capacity: {
      ...rateLimit,
      expectedTokens: job.features.estimatedInputTokens + expectedOutputTokens(job, target.model),
      longestWaitMs: isMovable ? Math.min(remainingMs, patienceMs) : remainingMs,
      coolDownWhenRefused: isMovable,
    },
  };
}

/** Whether the decision named a candidate of another provider. */
export function canGoElsewhere({ decision }: CallJob): boolean {
  return decision.fallbacks.some(({ providerId }) => providerId !== decision.chosen.providerId);
}

function expectedOutputTokens({ features }: CallJob, { maxOutputTokens }: CatalogueModel): number {
  if (features.operation === "embeddings") return 0;
  return Math.min(features.maxOutputTokens ?? assumedOutputTokens, maxOutputTokens ?? Infinity);
}

/** Tokens of a call that count against its provider's limit; null when nobody knows, and then the expectation stands. */
export function usedTokensOf(usage: Usage | null, attempt: CallAttempt | undefined): number | null {
  if (usage !== null) return usage.inputTokens + usage.outputTokens;
  const status = attempt?.failure?.providerStatus ?? null;
  const isRefused = status !== null && status >= 400;
  return isRefused || attempt?.called === false ? 0 : null;
}
