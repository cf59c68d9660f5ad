import type { Keyspace } from "@tokenhub/contracts";
import { cancelRequest } from "@tokenhub/queue";
import type { Redis } from "ioredis";

export interface CancellerOptions {
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly onError: (error: Error) => void;
}

/** Cancels a request; may be called again, and for a request that has ended already. */
export type Canceller = (requestId: string) => void;

const againAfterMs = 1_000;

/**
 * Cancellations that Redis gets sooner or later: what it does not take now is sent again when the connection is back, right
 * behind the commands that the client itself repeats then, so that a job among them finds itself cancelled.
 */
export function createCanceller({ redis, keyspace, onError }: CancellerOptions): Canceller {
  const pending = new Set<string>();
  const tell = (requestId: string): void => {
    cancelRequest(redis, keyspace, requestId).then(
      () => pending.delete(requestId),
      (error: Error) => {
        onError(error);
        if (redis.status === "ready") setTimeout(tell, againAfterMs, requestId).unref();
      },
    );
  };
  redis.on("ready", () => {
    for (const requestId of pending) tell(requestId);
  });
  return (requestId) => {
    pending.add(requestId);
    tell(requestId);
  };
}
