import type { Keyspace } from "@tokenhub/contracts";
import type { EndpointState } from "@tokenhub/providers";
import type { Redis } from "ioredis";

export interface EndpointStateDeps {
  readonly redis: Pick<Redis, "pipeline">;
  readonly keyspace: Pick<Keyspace, "providerHealth">;
  readonly onError: (error: Error) => void;
}

/** Long enough for the next check, short enough that endpoints of a worker that is gone do not stay for ever. */
const keptMs = 600_000;

/** Puts what a health check found out where the gateways read it, for the people who ask. */
export function showEndpointState(
  { redis, keyspace, onError }: EndpointStateDeps,
  state: EndpointState,
): void {
  const { isReachable, status, durationMs, reason, checkedAtMs } = state;
  const key = `${keyspace.providerHealth(state.providerId)}:endpoints`;
  redis
    .pipeline()
    .hset(key, state.endpoint, JSON.stringify({ v: 1, isReachable, status, durationMs, reason, checkedAtMs }))
    .pexpire(key, keptMs)
    .exec()
    .catch(onError);
}
