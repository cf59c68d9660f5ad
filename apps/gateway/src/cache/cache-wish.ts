import { TokenHubError } from "@tokenhub/contracts";
import type { CacheChoice } from "@tokenhub/persistence";
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";

/** What a request, a key or a model says about keeping answers; null: nothing. */
export type CacheSetting = CacheChoice | null;

/** The header with the meaning of the body's `cache`, for clients that cannot add a body field. */
export const cacheHeaderName = "x-tokenhub-cache";

/** A week. */
const maxTtlSeconds = 604_800;
/** How long an answer is kept. */
export const ttlSecondsSchema = z.int().min(1).max(maxTtlSeconds);

export const cacheWishSchema = z
  .union([z.boolean(), z.strictObject({ ttl_seconds: ttlSecondsSchema })])
  .meta({
    id: "CacheWish",
    description:
      "true: the answer may come from the cache and is kept there; `ttl_seconds`: and is no older than that; false: neither.",
  });

/**
 * Reads the `cache` member of a body.
 * @param at its place for messages, e.g. `tokenhub.cache`.
 * @throws TokenHubError `invalid_request`
 */
export function readCacheWish(value: unknown, { at }: { readonly at: string }): CacheSetting {
  if (value === undefined || value === null) return null;
  const parsed = cacheWishSchema.safeParse(value);
  if (!parsed.success)
    throw new TokenHubError(
      "invalid_request",
      `\`${at}\` must be true, false or {"ttl_seconds": a whole number from 1 to ${maxTtlSeconds}}.`,
      { param: at },
    );
  if (parsed.data === false) return { kind: "off" };
  return { kind: "on", ttlMs: parsed.data === true ? null : parsed.data.ttl_seconds * 1_000 };
}

/** Reads `x-tokenhub-cache: true | <seconds> | off`. @throws TokenHubError `invalid_request` */
export function readCacheHeader(headers: IncomingHttpHeaders): CacheSetting {
  const value = headers[cacheHeaderName];
  if (typeof value !== "string" || value.trim() === "") return null;
  const text = value.trim().toLowerCase();
  if (text === "off" || text === "false") return { kind: "off" };
  if (text === "on" || text === "true") return { kind: "on", ttlMs: null };
  const seconds = ttlSecondsSchema.safeParse(Number(text));
  if (seconds.success) return { kind: "on", ttlMs: seconds.data * 1_000 };
  throw new TokenHubError(
    "invalid_request",
    `${cacheHeaderName} must be true, off or a whole number of seconds from 1 to ${maxTtlSeconds}.`,
    { param: cacheHeaderName },
  );
}

/** What a request says in two places: who says no wins, then who says more comes first. */
export function mergeCacheSettings(first: CacheSetting, second: CacheSetting): CacheSetting {
  if (first?.kind === "off" || second?.kind === "off") return { kind: "off" };
  if (first === null || second === null) return first ?? second;
  return { kind: "on", ttlMs: first.ttlMs ?? second.ttlMs };
}
