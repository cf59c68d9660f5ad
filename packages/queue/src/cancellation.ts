import type { Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { leaveChannel } from "./leave-channel.ts";

/** Longer than any call may take, so that a job not started yet still finds the flag. */
const flagTtlMs = 3_600_000;

/** Cancels a request wherever it is: the flag stops a call that has not begun, the message aborts one that runs. */
export async function cancelRequest(redis: Redis, keyspace: Keyspace, requestId: string): Promise<void> {
  await redis
    .multi()
    .set(keyspace.cancelFlag(requestId), "1", "PX", flagTtlMs)
    .publish(keyspace.cancelChannel, requestId)
    .exec();
}

/** Calls `onCancel` with the request id of every cancellation. */
export async function followCancellations(
  subscriber: Redis,
  keyspace: Keyspace,
  onCancel: (requestId: string) => void,
): Promise<AsyncDisposable> {
  const receive = (channel: string, requestId: string): void => {
    if (channel === keyspace.cancelChannel) onCancel(requestId);
  };
  subscriber.on("message", receive);
  await subscriber.subscribe(keyspace.cancelChannel);
  return {
    async [Symbol.asyncDispose]() {
      subscriber.off("message", receive);
      await leaveChannel(subscriber, keyspace.cancelChannel);
    },
  };
}
