import type { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";

const leaveLimitMs = 1_000;

/** Ends a subscription. Waits a moment at most: a shutdown must end although Redis is down or frozen. */
export async function leaveChannel(subscriber: Redis, channel: string): Promise<void> {
  if (subscriber.status !== "ready") return;
  // A connection that closes meanwhile takes its subscriptions with it.
  const left = subscriber.unsubscribe(channel).catch(() => undefined);
  await Promise.race([left, sleep(leaveLimitMs, undefined, { ref: false })]);
}
