import type { CatalogueProvider } from "@tokenhub/contracts";
import { endpointSource, endpointsOf } from "./endpoint-urls.ts";

const firstPauseMs = 5_000;
const longestPauseMs = 60_000;
/** A health check that is not repeated for so long says nothing any more: three times its usual interval. */
const probeValidMs = 90_000;

/** One address of a provider, in use for one call until `end`. */
export interface EndpointLease {
  readonly baseUrl: string;
  /** The call is over. */
  end(): void;
}

export interface EndpointReport {
  readonly providerId: string;
  readonly endpoint: string;
  readonly isReachable: boolean;
}

interface Endpoint {
  readonly baseUrl: string;
  outstanding: number;
  /** Pauses in a row. */
  failures: number;
  /** A call is finding out whether it is back. */
  isOnTrial: boolean;
  pausedUntilMs: number;
  probedDownUntilMs: number;
}

interface ProviderEndpoints {
  readonly source: string;
  readonly endpoints: readonly Endpoint[];
  next: number;
}

/**
 * Spreads the calls of a provider over its endpoints: the one with the fewest calls in flight, of equals the next in turn.
 *
 * An endpoint that could not be reached is left out for 5, 10, 20, 40, then 60 s; after each pause one call tries it
 * while the others stay away. A health check that fails leaves it out until one succeeds. When none is left, those that
 * the call has not tried are used all the same.
 */
export class EndpointRotation {
  readonly #byProvider = new Map<string, ProviderEndpoints>();
  /** Until when failed health checks count, also for endpoints that no call has been for yet. */
  readonly #probedDownUntilMs = new Map<string, number>();

  /** The endpoint for one call; null when all are in `tried`, or none is configured and the type has no default. */
  take(
    provider: CatalogueProvider,
    at: { defaultBaseUrl: string | null; nowMs: number; tried?: ReadonlySet<string> | undefined },
  ): EndpointLease | null {
    const group = this.#endpointsOf(provider, at.defaultBaseUrl);
    const untried = group.endpoints.filter(({ baseUrl }) => at.tried?.has(baseUrl) !== true);
    const usable = untried.filter((endpoint) => isUsable(endpoint, at.nowMs));
    const chosen = leastBusy(usable.length > 0 ? usable : untried, group);
    if (chosen === null) return null;
    return lease(chosen);
  }

  /** What a call found out. Endpoints that are not known any more are ignored. */
  reportCall({ providerId, endpoint, isReachable }: EndpointReport, { nowMs }: { nowMs: number }): void {
    const found = this.#find(providerId, endpoint);
    if (found === undefined) return;
    if (isReachable) recover(found);
    else if (nowMs >= found.pausedUntilMs) {
      found.pausedUntilMs = nowMs + Math.min(longestPauseMs, firstPauseMs * 2 ** found.failures);
      found.failures += 1;
    }
  }

  /** What a health check found out, before or after the first call. */
  reportProbe({ providerId, endpoint, isReachable }: EndpointReport, { nowMs }: { nowMs: number }): void {
    const found = this.#find(providerId, endpoint);
    for (const [key, untilMs] of this.#probedDownUntilMs) {
      if (untilMs <= nowMs) this.#probedDownUntilMs.delete(key);
    }
    if (isReachable) {
      this.#probedDownUntilMs.delete(probeKey(providerId, endpoint));
      if (found !== undefined) recover(found);
      return;
    }
    const untilMs = nowMs + probeValidMs;
    this.#probedDownUntilMs.set(probeKey(providerId, endpoint), untilMs);
    if (found !== undefined) found.probedDownUntilMs = untilMs;
  }

  #find(providerId: string, endpoint: string): Endpoint | undefined {
    return this.#byProvider.get(providerId)?.endpoints.find(({ baseUrl }) => baseUrl === endpoint);
  }

  #endpointsOf(provider: CatalogueProvider, defaultBaseUrl: string | null): ProviderEndpoints {
    const source = `${endpointSource(provider)},${defaultBaseUrl ?? ""}`;
    const known = this.#byProvider.get(provider.id);
    if (known?.source === source) return known;
    const urls = endpointsOf(provider, { defaultBaseUrl });
    const kept = new Map(known?.endpoints.map((endpoint) => [endpoint.baseUrl, endpoint]));
    const downUntilMs = (url: string): number => this.#probedDownUntilMs.get(probeKey(provider.id, url)) ?? 0;
    const endpoints = urls.map((baseUrl) => kept.get(baseUrl) ?? newEndpoint(baseUrl, downUntilMs(baseUrl)));
    const read: ProviderEndpoints = { source, endpoints, next: 0 };
    this.#byProvider.set(provider.id, read);
    return read;
  }
}

function probeKey(providerId: string, endpoint: string): string {
  return `${providerId} ${endpoint}`;
}

function newEndpoint(baseUrl: string, probedDownUntilMs: number): Endpoint {
  return { baseUrl, outstanding: 0, failures: 0, isOnTrial: false, pausedUntilMs: 0, probedDownUntilMs };
}

function lease(endpoint: Endpoint): EndpointLease {
  const isTrial = endpoint.failures > 0 && !endpoint.isOnTrial;
  endpoint.outstanding += 1;
  if (isTrial) endpoint.isOnTrial = true;
  let isOver = false;
  return {
    baseUrl: endpoint.baseUrl,
    end: () => {
      if (isOver) return;
      isOver = true;
      endpoint.outstanding -= 1;
      if (isTrial) endpoint.isOnTrial = false;
    },
  };
}

function recover(endpoint: Endpoint): void {
  endpoint.failures = 0;
  endpoint.pausedUntilMs = 0;
  endpoint.probedDownUntilMs = 0;
}

function isUsable(endpoint: Endpoint, nowMs: number): boolean {
  if (endpoint.pausedUntilMs > nowMs || endpoint.probedDownUntilMs > nowMs) return false;
  return endpoint.failures === 0 || !endpoint.isOnTrial;
}

function leastBusy(candidates: readonly Endpoint[], group: ProviderEndpoints): Endpoint | null {
  const all = group.endpoints;
  let chosen: Endpoint | null = null;
  for (let step = 0; step < all.length; step += 1) {
    const endpoint = all[(group.next + step) % all.length];
    if (endpoint === undefined || !candidates.includes(endpoint)) continue;
    if (chosen === null || endpoint.outstanding < chosen.outstanding) chosen = endpoint;
  }
  if (chosen !== null) group.next = (all.indexOf(chosen) + 1) % all.length;
  return chosen;
}
