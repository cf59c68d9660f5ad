import { loadStats, type Database, type WindowStats } from "@tokenhub/persistence";

export interface StatsCacheOptions {
  readonly db: Database["db"];
  readonly now: () => number;
}

/** Aggregates of the last minutes and hours, read at most as often as they are cheap. */
export type StatsReader = () => Promise<readonly WindowStats[]>;

const leastAgeMs = 1_000;
/** An aggregation may take up this share of the time at most. */
const longestShare = 0.05;

/** One aggregation for all who ask at the same time, and kept longer the longer it took. */
export function createStatsReader({ db, now }: StatsCacheOptions): StatsReader {
  let stats: Promise<readonly WindowStats[]> | null = null;
  let freshUntilMs = -Infinity;
  return async () => {
    if (stats === null || performance.now() >= freshUntilMs) {
      const startedAtMs = performance.now();
      freshUntilMs = Infinity;
      stats = loadStats(db, { nowMs: now() }).finally(() => {
        const tookMs = performance.now() - startedAtMs;
        freshUntilMs = performance.now() + Math.max(leastAgeMs, tookMs / longestShare);
      });
      stats.catch(() => {
        stats = null;
      });
    }
    return stats;
  };
}
