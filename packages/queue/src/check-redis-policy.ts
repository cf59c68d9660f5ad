import type { Redis } from "ioredis";

export type RedisPolicyCheck =
  | { readonly kind: "safe" | "unknown" }
  | { readonly kind: "evicting"; readonly policy: string };

/**
 * Whether Redis may throw queued jobs away when memory is short: any `maxmemory-policy` but `noeviction` may. Managed
 * services that forbid CONFIG give `unknown`.
 */
export async function checkRedisPolicy(redis: Redis): Promise<RedisPolicyCheck> {
  const reply = await redis.config("GET", "maxmemory-policy").catch(() => null);
  const policy = Array.isArray(reply) ? String(reply[1]) : null;
  if (policy === null || policy === "undefined") return { kind: "unknown" };
  return policy === "noeviction" ? { kind: "safe" } : { kind: "evicting", policy };
}
