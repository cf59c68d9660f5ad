import {
  applyRetention,
  defaultRetention,
  downsampleSeries,
  pruneSeries,
  type Database,
  type RetentionPolicy,
  type RetentionReport,
  type SeriesRetention,
} from "@tokenhub/persistence";
import type { ProductConfig } from "@tokenhub/config";
import { setTimeout as sleep } from "node:timers/promises";
import { readSeriesDays } from "./series-days.ts";

export interface UpkeepOptions {
  readonly db: Database["db"];
  readonly retention: () => ProductConfig["retention"];
  /** Bytes of all kept answers of jobs; beyond that the oldest go. */
  readonly keptAnswerBytes: number;
  readonly isLeader: () => boolean;
  readonly now: () => number;
  readonly onCleaned: (report: RetentionReport) => void;
  readonly onError: (error: unknown) => void;
  readonly downsampleIntervalMs?: number;
  readonly retentionIntervalMs?: number;
}

export interface Upkeep extends AsyncDisposable {
  /** Makes coarser series points of finer ones and deletes what is past its time, now; gives what was deleted. */
  run(): Promise<RetentionReport>;
  /** The series alone; gives the number of deleted points. */
  pruneSeries(): Promise<number>;
}

const defaultDownsampleIntervalMs = 60_000;
const defaultRetentionIntervalMs = 3_600_000;
const dayMs = 86_400_000;
/** Hourly points are kept at least so long. */
const leastHourlyDays = 90;
const batchRows = 500;
const stopWaitMs = 1_000;

/** Keeps the database small: series each minute, retention each hour, in small steps, on one gateway at a time. */
export function startUpkeep(options: UpkeepOptions): Upkeep {
  const { db, isLeader, now, onCleaned, onError } = options;
  let queue: Promise<unknown> = Promise.resolve();

  /** Never two at a time. */
  function enqueue<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
    const done = queue.then(work);
    queue = done.catch(() => undefined);
    return done;
  }

  async function clean(): Promise<RetentionReport> {
    await downsampleSeries(db, { nowMs: now() });
    const days = policyOf(options.retention(), await readSeriesDays(db));
    const policy = { ...days, mostAnswerBytes: options.keptAnswerBytes };
    return applyRetention(db, { nowMs: now(), policy, batchRows });
  }

  let cleanedAtMs = -Infinity;
  async function tick(): Promise<void> {
    if (!isLeader()) return;
    if (performance.now() - cleanedAtMs < (options.retentionIntervalMs ?? defaultRetentionIntervalMs)) {
      await downsampleSeries(db, { nowMs: now() });
      return;
    }
    cleanedAtMs = performance.now();
    onCleaned(await clean());
  }

  let isTicking = false;
  const timer = setInterval(() => {
    if (isTicking) return;
    isTicking = true;
    void enqueue(tick)
      .catch(onError)
      .finally(() => (isTicking = false));
  }, options.downsampleIntervalMs ?? defaultDownsampleIntervalMs);
  return {
    run: () => enqueue(clean),
    pruneSeries: () =>
      enqueue(async () => {
        await downsampleSeries(db, { nowMs: now() });
        const retention = seriesRetentionOf(await readSeriesDays(db));
        return pruneSeries(db, { nowMs: now(), retention, batchRows });
      }),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      // A long clean-up is broken off by the closing of the database: the next one goes on where it was.
      await Promise.race([queue, sleep(stopWaitMs, undefined, { ref: false })]);
    },
  };
}

function policyOf(days: ProductConfig["retention"], seriesDays: number): RetentionPolicy {
  return {
    ...defaultRetention,
    requestLogDays: days.requestDays,
    auditDays: days.auditDays,
    rewardDays: days.rewardDays,
    eventDays: days.eventDays,
    series: seriesRetentionOf(seriesDays),
  };
}

/** Points of a minute are kept as the operator says, those of an hour three months at least, those of a day for ever. */
function seriesRetentionOf(days: number): SeriesRetention {
  return { 60: days * dayMs, 3_600: Math.max(leastHourlyDays, days) * dayMs, 86_400: null };
}
