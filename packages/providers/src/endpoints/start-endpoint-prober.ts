import type { CatalogueProvider } from "@tokenhub/contracts";
import { endpointsOf } from "../client/endpoint-urls.ts";
import { isBuiltIn, type AnyProvider } from "../definition/provider-definition.ts";
import { findProvider } from "../registry.ts";
import { probeEndpoint, type EndpointProbe } from "./probe-endpoint.ts";

const defaultIntervalMs = 30_000;
const defaultTimeoutMs = 5_000;

/** What one health check found out. */
export interface EndpointState extends EndpointProbe {
  readonly providerId: string;
  readonly endpoint: string;
  /** Unix milliseconds. */
  readonly checkedAtMs: number;
  /** True for the first check of an endpoint, and whenever it differs from the one before. */
  readonly hasChanged: boolean;
}

export interface EndpointProberOptions {
  readonly providers: readonly CatalogueProvider[];
  /** Default 30,000. */
  readonly intervalMs?: number;
  /** Of one check; default 5,000. */
  readonly timeoutMs?: number;
  /** Called after every check; it must not throw. */
  readonly onState: (state: EndpointState) => void;
  readonly findDefinition?: (type: string) => AnyProvider | null;
  /** Unix milliseconds. */
  readonly clock?: () => number;
}

export interface EndpointProber extends AsyncDisposable {
  /** The providers from now on: new endpoints are checked at once, those that are gone or disabled not any more. */
  replace(providers: readonly CatalogueProvider[]): void;
  /** Checks all endpoints now; resolves when all have been. */
  probeNow(): Promise<void>;
}

interface Watched {
  readonly provider: CatalogueProvider;
  readonly definition: AnyProvider;
  readonly endpoint: string;
  readonly controller: AbortController;
  lastReachable: boolean | null;
  running: Promise<void> | null;
}

/**
 * Checks every endpoint of every enabled provider at once and then at intervals; checks of one endpoint never overlap.
 * Providers inside the process have none. Disposing ends all checks and waits for them.
 */
export function startEndpointProber(options: EndpointProberOptions): EndpointProber {
  const watched = new Map<string, Watched>();
  const replace = (providers: readonly CatalogueProvider[]): void => {
    const wanted = new Map(targetsOf(providers, options).map((target) => [keyOf(target), target]));
    for (const [key, old] of watched) {
      if (wanted.has(key)) continue;
      old.controller.abort();
      watched.delete(key);
    }
    for (const [key, target] of wanted) {
      if (watched.has(key)) continue;
      watched.set(key, target);
      void check(target, options);
    }
  };
  const probeNow = async (): Promise<void> => {
    await Promise.all([...watched.values()].map((target) => check(target, options)));
  };
  replace(options.providers);
  const timer = setInterval(() => void probeNow(), options.intervalMs ?? defaultIntervalMs);
  timer.unref();
  return {
    replace,
    probeNow,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      const running = [...watched.values()].flatMap((target) => target.running ?? []);
      replace([]);
      await Promise.all(running);
    },
  };
}

function targetsOf(
  providers: readonly CatalogueProvider[],
  { findDefinition = findProvider }: EndpointProberOptions,
): Watched[] {
  return providers
    .filter((provider) => provider.enabled)
    .flatMap((provider) => {
      const definition = findDefinition(provider.type);
      if (definition === null || isBuiltIn(definition)) return [];
      return endpointsOf(provider, definition).map((endpoint) => ({
        provider,
        definition,
        endpoint,
        controller: new AbortController(),
        lastReachable: null,
        running: null,
      }));
    });
}

/** An endpoint whose check would differ is another one. */
function keyOf({ provider, endpoint }: Watched): string {
  return JSON.stringify([provider.id, provider.type, endpoint, provider.options]);
}

function check(target: Watched, options: EndpointProberOptions): Promise<void> {
  target.running ??= runCheck(target, options).finally(() => {
    target.running = null;
  });
  return target.running;
}

async function runCheck(target: Watched, options: EndpointProberOptions): Promise<void> {
  const { provider, definition, endpoint, controller } = target;
  const probe = await probeEndpoint(definition, endpoint, {
    signal: controller.signal,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    options: provider.options,
  });
  if (controller.signal.aborted) return;
  const hasChanged = target.lastReachable !== probe.isReachable;
  target.lastReachable = probe.isReachable;
  const checkedAtMs = (options.clock ?? Date.now)();
  options.onState({ ...probe, providerId: provider.id, endpoint, checkedAtMs, hasChanged });
}
