import type { Keyspace, ProviderHealth } from "@tokenhub/contracts";
import type { Redis } from "ioredis";

/** Reads the shared health of the given providers in one pipeline; providers nobody has called yet are absent. */
export async function readProviderHealth(
  redis: Redis,
  keyspace: Keyspace,
  providerIds: readonly string[],
): Promise<Map<string, ProviderHealth>> {
  const healthById = new Map<string, ProviderHealth>();
  if (providerIds.length === 0) return healthById;
  const pipeline = redis.pipeline();
  for (const id of providerIds) pipeline.hgetall(keyspace.providerHealth(id));
  const replies = (await pipeline.exec()) ?? [];
  for (const [index, id] of providerIds.entries()) {
    const fields = replies[index]?.[1] as Record<string, string> | undefined;
    if (fields !== undefined && fields["breaker"] !== undefined) healthById.set(id, readFields(fields));
  }
  return healthById;
}

function readFields(fields: Record<string, string>): ProviderHealth {
  const number = (name: string): number => Number(fields[name] ?? "0");
  const latency = fields["latencyMs"];
  return {
    status: (fields["status"] ?? "healthy") as ProviderHealth["status"],
    consecutiveErrors: number("consecutiveErrors"),
    breaker: (fields["breaker"] ?? "closed") as ProviderHealth["breaker"],
    openedAtMs: number("openedAtMs"),
    cooldownUntilMs: number("cooldownUntilMs"),
    latencyMs: latency === undefined || latency === "" ? null : Number(latency),
    errorRate: number("errorRate"),
  };
}
