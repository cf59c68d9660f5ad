import type { ProviderHealth } from "@tokenhub/contracts";
import { breakerAllows } from "@tokenhub/resilience";

/** One request in this many gives a recovering provider its turn. */
const trialShare = 1 / 20;

/**
 * The health as one request's decision should see it. A provider whose breaker is due for a trial is ranked last, so it
 * would never be tried again while others answer everything; one request in twenty therefore sees it as usable. The ledger
 * lets one trial through at a time, and a trial that fails moves on before the caller has seen anything.
 */
export function offerTrials(
  health: ReadonlyMap<string, ProviderHealth>,
  { nowMs, random }: { readonly nowMs: number; readonly random: () => number },
): ReadonlyMap<string, ProviderHealth> {
  const due = [...health].filter(([, provider]) => breakerAllows(provider, nowMs) === "trial");
  if (due.length === 0 || random() >= trialShare) return health;
  return new Map([
    ...health,
    ...due.map(([id, provider]) => [id, { ...provider, breaker: "closed" as const }] as const),
  ]);
}
