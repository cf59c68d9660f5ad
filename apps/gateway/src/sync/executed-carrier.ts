import { queueUnavailable } from "@tokenhub/queue";
import type { Redis } from "ioredis";
import type { InternalCall } from "../jobs/internal-call.ts";
import type { Carrier } from "./carrier.ts";
import type { Submission, SubmitDeps } from "./submit-request.ts";

/**
 * The carrier of a job's request. What was stored of it is used: when its answer is there already, nothing is sent, and the
 * waiter finds it. And it is never cancelled because this gateway loses interest, only when its owner says so.
 */
export function executedCarrier(
  { redis, keyspace }: Pick<SubmitDeps, "redis" | "keyspace">,
  {
    carrier,
    call,
    submission,
  }: {
    readonly carrier: Carrier;
    readonly call: InternalCall | null;
    readonly submission: Pick<Submission, "requestId">;
  },
): Carrier {
  if (call?.kind !== "execute") return carrier;
  return {
    ...carrier,
    async submit() {
      if (!call.isSent) return;
      const isAnswered = call.isRepeat && (await isStored(redis, keyspace.result(submission.requestId)));
      if (!isAnswered) await carrier.submit();
      call.onSubmitted(() => carrier.submit());
    },
    cancel: () => undefined,
  };
}

/** @throws TokenHubError `queue_unavailable`: nothing was sent, so that the job only waits for its next try. */
async function isStored(redis: Pick<Redis, "exists">, key: string): Promise<boolean> {
  try {
    return (await redis.exists(key)) === 1;
  } catch (error) {
    throw queueUnavailable(error);
  }
}
