import type { CatalogueProvider, ProviderHealth } from "@tokenhub/contracts";
import type { CatalogueEntry } from "./catalogue-index.ts";

/**
 * How long an open breaker refuses every call, in milliseconds. The same 30 seconds as `breakerPolicy.openMs` of
 * `@tokenhub/resilience`, which keeps the breaker; core packages do not import each other.
 */
const breakerOpenMs = 30_000;

/** What the health of a provider means for a decision taken now. */
export interface ProviderState {
  readonly breaker: "allow" | "trial" | "refuse";
  readonly coolingDown: boolean;
  /** Milliseconds until the provider may be called again; 0 when it may be called now. */
  readonly returnsInMs: number;
  /** Null before the first successful call. */
  readonly latencyMs: number | null;
  readonly errorRate: number;
}

const unknown: ProviderState = {
  breaker: "allow",
  coolingDown: false,
  returnsInMs: 0,
  latencyMs: null,
  errorRate: 0,
};

/** State of each provider, in the order given. A provider nobody has called yet is free; `down` alone closes nothing. */
export function providerStates(
  providers: readonly CatalogueProvider[],
  now: { health: ReadonlyMap<string, ProviderHealth>; nowMs: number },
): ProviderState[] {
  return providers.map((provider) => {
    const health = now.health.get(provider.id);
    return health === undefined ? unknown : stateOf(health, now.nowMs);
  });
}

function stateOf(health: ProviderHealth, nowMs: number): ProviderState {
  const breakerMs = health.breaker === "closed" ? 0 : health.openedAtMs + breakerOpenMs - nowMs;
  const cooldownMs = health.cooldownUntilMs - nowMs;
  return {
    breaker: health.breaker === "closed" ? "allow" : breakerMs > 0 ? "refuse" : "trial",
    coolingDown: cooldownMs > 0,
    returnsInMs: Math.max(0, breakerMs, cooldownMs),
    latencyMs: health.latencyMs,
    errorRate: health.errorRate,
  };
}

/** Milliseconds an answer takes: the provider's moving average, else what the model is expected to take, else 0 for unknown. */
export function latencyOf(entry: CatalogueEntry, state: ProviderState | undefined): number {
  return state?.latencyMs ?? entry.expectedLatencyMs;
}
