import type { TestRedis } from "@tokenhub/testkit";
import { setTimeout as sleep } from "node:timers/promises";
import type { TroubledService } from "../orchestration/troubled-service.ts";
import type { Trouble } from "./judge-job-calls.ts";
import type { PlannedTrouble, TroubleAct } from "./plan-trouble.ts";

/** Longer than a job's lock and a call's lease. */
const pauseMs = 9_000;
const redisAwayMs = 500;
/** A machine that only starts processes gets nothing else done. */
const mostAtOnce = 2;

export interface TroubleMaker {
  /** Does what is due after so many jobs; resolves when there is room for more. */
  reached(jobs: number): Promise<void>;
  /** Does the rest of the plan, and resolves when all of it is done. */
  finish(): Promise<void>;
}

export function createTroubleMaker({
  plan,
  services,
  redis,
  onTrouble,
  onFailure,
}: {
  readonly plan: readonly PlannedTrouble[];
  readonly services: readonly TroubledService[];
  readonly redis: TestRedis;
  readonly onTrouble: (trouble: Trouble) => void;
  /** A service did not come back. */
  readonly onFailure: (error: unknown) => void;
}): TroubleMaker {
  const pending = new Set<Promise<void>>();
  let next = 0;
  let failure: Error | null = null;

  async function act(what: TroubleAct): Promise<void> {
    switch (what.kind) {
      case "kill":
        return services[what.service]?.kill();
      case "pause":
        return services[what.service]?.pause(pauseMs);
      case "restart-redis":
        return restart("Redis killed and started again", "call", () => redis.start());
      case "empty-redis":
        return restart("Redis lost all its data", "result", () => redis.startEmpty());
    }
  }

  async function restart(what: string, costs: Trouble["costs"], start: () => Promise<void>): Promise<void> {
    const fromMs = Date.now();
    await redis.kill();
    await sleep(redisAwayMs);
    await start();
    onTrouble({ what, fromMs, untilMs: Date.now(), costs });
  }

  async function begin(what: TroubleAct): Promise<void> {
    // Processes do not start without Redis, and whatever they do in its absence they do slowly.
    const isOfRedis = what.kind === "restart-redis" || what.kind === "empty-redis";
    const work: Promise<void> = act(what)
      .catch((error: unknown) => {
        failure ??= error instanceof Error ? error : new Error(String(error));
        onFailure(error);
      })
      .finally(() => pending.delete(work));
    pending.add(work);
    if (isOfRedis) await work;
    while (pending.size >= mostAtOnce) await Promise.race(pending);
    if (failure !== null) throw failure;
  }

  let turn: Promise<void> = Promise.resolve();
  const advance = (jobs: number): Promise<void> =>
    (turn = turn.then(async () => {
      for (; (plan[next]?.afterJobs ?? Infinity) <= jobs;) {
        const planned = plan[next++];
        if (planned !== undefined) await begin(planned.act);
      }
    }));

  return {
    reached: (jobs) => advance(jobs),
    async finish() {
      await advance(Number.MAX_SAFE_INTEGER);
      await Promise.all(pending);
      if (failure !== null) throw failure;
    },
  };
}
