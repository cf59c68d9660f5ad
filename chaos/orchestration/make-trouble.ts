import { setTimeout as sleep } from "node:timers/promises";
import type { TestRedis } from "@tokenhub/testkit";
import type { Disruption } from "./judge-calls.ts";
import type { TroubledService } from "./troubled-service.ts";

/** Longer than a job's lock and a call's lease. */
const pauseMs = 9_000;
/** Of the turns that are not a kill. */
const redisEvery = 20;
const pauseEvery = 13;

export interface TroubleOptions {
  readonly services: readonly TroubledService[];
  readonly redis: TestRedis;
  readonly everyMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly isOver: () => boolean;
  readonly onDisruption: (disruption: Disruption) => void;
}

/**
 * Kills a random process every so often until it is over; now and then Redis instead, or a process is paused for longer than
 * its locks last.
 */
export async function makeTrouble(options: TroubleOptions): Promise<void> {
  const { services, redis, everyMs, random, isOver, onDisruption } = options;
  const pending = new Set<Promise<void>>();
  const start = (work: Promise<void>): void => {
    const tracked = work.finally(() => pending.delete(tracked));
    pending.add(tracked);
  };
  for (let turn = 1; !isOver(); turn++) {
    await sleep(everyMs * (0.5 + random()));
    const service = services[Math.floor(random() * services.length)];
    if (service === undefined || isOver()) break;
    if (turn % redisEvery === 0) await restartRedis(redis, onDisruption);
    else if (turn % pauseEvery === 0) start(service.pause(pauseMs));
    else start(service.kill());
    // A machine that only starts processes gets nothing else done.
    while (pending.size > 2) await Promise.race(pending);
  }
  await Promise.all(pending);
}

async function restartRedis(redis: TestRedis, onDisruption: (disruption: Disruption) => void): Promise<void> {
  const fromMs = Date.now();
  await redis.kill();
  await sleep(500);
  await redis.start();
  onDisruption({ what: "Redis killed and started again", fromMs, untilMs: Date.now() });
}
