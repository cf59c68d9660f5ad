import { mergeCacheSettings, type CacheSetting } from "./cache-wish.ts";

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
 * Whether a request uses the cache. Nothing is kept unless somebody asks for it, and whoever says no wins: the caller who
 * wants a fresh answer, the owner of the key, or the operator who knows that a model's answers must not be kept. The time
 * comes from the request, else the key, else the model, else the installation.
 */
export function cachePolicyOf({ request, key, model, defaults }: CacheSettings): CachePolicy {
  const setting = [request, key, model].reduce(mergeCacheSettings, null);
  if (setting === null || setting.kind === "off") return { kind: "off" };
  return { kind: "use", ttlMs: setting.ttlMs ?? defaults.ttlMs };
}
