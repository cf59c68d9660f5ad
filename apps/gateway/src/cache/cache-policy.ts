import type { CacheSetting } from "./cache-wish.ts";

export type CachePolicy =
  | { readonly kind: "off" }
  /** `ttlMs`: how long the answer is kept, and how old a kept one may be. */
  | { readonly kind: "use"; readonly ttlMs: number };

export interface CacheSettings {
  readonly request: CacheSetting;
  readonly key: CacheSetting;
  readonly model: CacheSetting;
  readonly defaults: { readonly ttlMs: number };
}

/**
 * Whether a request uses the cache: as the request says, else its key, else its model, else not. Nothing is kept unless
 * somebody asks for it. The time is the first that one of them states, in the same order, else the installation's.
 */
export function cachePolicyOf({ request, key, model, defaults }: CacheSettings): CachePolicy {
  const settings = [request, key, model];
  const deciding = settings.find((setting) => setting !== null);
  if (deciding === undefined || deciding === null || deciding.kind === "off") return { kind: "off" };
  const times = settings.map((setting) => (setting?.kind === "on" ? setting.ttlMs : null));
  return { kind: "use", ttlMs: times.find((ttlMs) => ttlMs !== null) ?? defaults.ttlMs };
}
