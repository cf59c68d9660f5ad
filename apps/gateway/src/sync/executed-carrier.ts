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
  }: { readonly carrier: Carrier; readonly call: InternalCall | null; readonly submission: Submission },
): Carrier {
  if (call?.kind !== "execute") return carrier;
  return {
    ...carrier,
    async submit() {
      if (!call.isSent) return;
      const isAnswered = call.isRepeat && (await redis.exists(keyspace.result(submission.requestId))) === 1;
      if (!isAnswered) await carrier.submit();
      call.onSubmitted(() => carrier.submit());
    },
    cancel: () => undefined,
  };
}
