import type { BanditArm, BanditSnapshot, Keyspace } from "@tokenhub/contracts";
import { decayArm, indexArms, noArms, prior, type ArmIndex } from "@tokenhub/routing";
import type { Redis } from "ioredis";

export interface ArmPublisherOptions {
  readonly redis: Pick<Redis, "set" | "exists">;
  readonly keyspace: Pick<Keyspace, "bandit">;
  /** The arms as SQL has them. */
  readonly loadArms: () => Promise<readonly BanditArm[]>;
  readonly halfLifeMs: number;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  /** Shortest time between two publications. Default 2 s. */
  readonly minIntervalMs?: number;
  /** How often Redis is asked whether it still has the snapshot. Default 5 s. */
  readonly checkIntervalMs?: number;
  /** How often the fading of the arms is shown when nothing else changes. Default 1 min, or less when they fade faster. */
  readonly refreshIntervalMs?: number;
}

export interface ArmPublisher extends AsyncDisposable {
  /** The arms as last published. */
  readonly arms: () => ArmIndex;
  /** Publishes soon, because rewards were recorded. */
  noteChange(): void;
  /** Publishes now what SQL has. */
  publish(): Promise<void>;
}

/** An arm this close to the prior says nothing; without it the snapshot stays small. */
const negligible = 1e-3;

/**
 * Keeps the snapshot that the routers read for `thompson` as SQL has it: at the start, at most every two seconds after
 * changes, each minute because arms fade, and whenever Redis turns out to have lost it. Every gateway does so; they all
 * publish the same.
 */
export function createArmPublisher(options: ArmPublisherOptions): ArmPublisher {
  const { redis, keyspace, loadArms, halfLifeMs, now, onError } = options;
  const {
    minIntervalMs = 2_000,
    checkIntervalMs = 5_000,
    refreshIntervalMs = Math.min(60_000, halfLifeMs / 100),
  } = options;
  let arms: ArmIndex = noArms;
  let pending: NodeJS.Timeout | null = null;
  let publishedAtMs = -Infinity;
  let running: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    publishedAtMs = performance.now();
    const snapshot = snapshotOf(await loadArms(), { nowMs: now(), halfLifeMs });
    arms = indexArms(snapshot);
    await redis.set(keyspace.bandit, JSON.stringify(snapshot));
  }

  /** One after the other, so that an older reading never replaces a newer one. */
  function publish(): Promise<void> {
    const done = running.then(write);
    running = done.catch(() => undefined);
    return done;
  }

  async function check(): Promise<void> {
    const isDue = performance.now() - publishedAtMs >= refreshIntervalMs;
    if (isDue || (await redis.exists(keyspace.bandit)) === 0) await publish();
  }

  const timer = setInterval(() => void check().catch(onError), checkIntervalMs);
  return {
    arms: () => arms,
    publish,
    noteChange() {
      if (pending !== null) return;
      const waitMs = Math.max(0, publishedAtMs + minIntervalMs - performance.now());
      pending = setTimeout(() => {
        pending = null;
        void publish().catch(onError);
      }, waitMs);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      if (pending !== null) clearTimeout(pending);
      await running;
    },
  };
}

/** The arms as they stand now, without those that are as good as unknown. */
export function snapshotOf(
  arms: readonly BanditArm[],
  { nowMs, halfLifeMs }: { readonly nowMs: number; readonly halfLifeMs: number },
): BanditSnapshot {
  return {
    v: 1,
    arms: arms
      .map((arm) => decayArm(arm, { nowMs, halfLifeMs }))
      .filter(({ alpha, beta }) => alpha - prior.alpha > negligible || beta - prior.beta > negligible),
  };
}
