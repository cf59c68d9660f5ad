import { asyncJobOriginSchema, failureClassSchema, finalJobStates, laneSchema } from "@tokenhub/contracts";
import type { LetterCount, QueueGroup, StoredJob } from "@tokenhub/persistence";
import { openLabel, type Metrics } from "@tokenhub/telemetry";
import type { JobAcceptor } from "./accept-job.ts";

/** Where the gauges find the present state; each is asked at every scrape. */
export interface JobGaugePorts {
  readonly overview: () => Promise<readonly QueueGroup[]>;
  readonly openLetters: () => Promise<readonly LetterCount[]>;
  readonly now: () => number;
}

/** What is counted about jobs, apart from the requests that carry them out. */
export interface JobMetrics {
  /** An acceptor whose jobs are counted. */
  watch(acceptor: JobAcceptor): JobAcceptor;
  /** Counts jobs that have ended here. */
  readonly ended: (jobs: readonly StoredJob[]) => void;
}

const laneLabel = laneSchema.options;
/** A failure may have a class that is not a provider's. */
const classLabel = openLabel({ limit: failureClassSchema.options.length + 10 });
/** From a job that begins at once to one that waited a day for its provider's limit. */
const jobBuckets: readonly number[] = [
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60, 300, 900, 3_600, 14_400, 86_400,
];

export function createJobMetrics(metrics: Metrics, ports: JobGaugePorts): JobMetrics {
  createJobGauges(metrics, ports);
  const accepted = metrics.counter({
    name: "tokenhub_jobs_accepted_total",
    help: "Jobs accepted, lines of batches aside.",
    labels: { lane: laneLabel, origin: asyncJobOriginSchema.options },
  });
  const endings = metrics.counter({
    name: "tokenhub_jobs_ended_total",
    help: "Jobs that ended, by how.",
    labels: { lane: laneLabel, state: finalJobStates },
  });
  const start = metrics.histogram({
    name: "tokenhub_job_start_seconds",
    help: "Time from when a job might begin to its first attempt; observed at its end.",
    labels: { lane: laneLabel },
    buckets: jobBuckets,
  });
  const end = metrics.histogram({
    name: "tokenhub_job_end_seconds",
    help: "Time from when a job might begin to its end, however it ended.",
    labels: { lane: laneLabel },
    buckets: jobBuckets,
  });
  return {
    watch: (acceptor) => ({
      async accept(job) {
        const row = await acceptor.accept(job);
        accepted.add({ lane: row.lane, origin: row.origin });
        return row;
      },
    }),
    ended(jobs) {
      for (const { lane, state, createdAtMs, notBeforeMs, startedAtMs, finishedAtMs } of jobs) {
        const final = finalJobStates.find((name) => name === state);
        if (final !== undefined) endings.add({ lane, state: final });
        const sinceMs = Math.max(createdAtMs, notBeforeMs ?? 0);
        if (startedAtMs !== null) start.observe({ lane }, Math.max(0, startedAtMs - sinceMs) / 1_000);
        if (finishedAtMs !== null) end.observe({ lane }, Math.max(0, finishedAtMs - sinceMs) / 1_000);
      }
    },
  };
}

/** Shared by all gateways: take the maximum over them, not the sum. */
function createJobGauges(metrics: Metrics, { openLetters, now, ...ports }: JobGaugePorts): void {
  // One look serves all gauges of a scrape: it counts everything that waits.
  let looking: Promise<readonly QueueGroup[]> | null = null;
  const overview = (): Promise<readonly QueueGroup[]> =>
    (looking ??= ports.overview().finally(() => (looking = null)));
  metrics.gauge({
    name: "tokenhub_jobs",
    help: "Jobs that wait for their turn, and jobs that run.",
    labels: { lane: laneLabel, state: ["queued", "running"] },
    async collect(gauge) {
      const lanes = Map.groupBy(await overview(), ({ lane }) => lane);
      for (const lane of laneLabel) {
        const groups = lanes.get(lane) ?? [];
        gauge.set(
          { lane, state: "queued" },
          groups.reduce((sum, { queued }) => sum + queued, 0),
        );
        gauge.set(
          { lane, state: "running" },
          groups.reduce((sum, { running }) => sum + running, 0),
        );
      }
    },
  });
  metrics.gauge({
    name: "tokenhub_jobs_oldest_queued_seconds",
    help: "How long ago the job was accepted that waits longest; absent when none waits.",
    labels: { lane: laneLabel },
    async collect(gauge) {
      const waiting = (await overview()).filter(({ oldestQueuedAtMs }) => oldestQueuedAtMs !== null);
      for (const [lane, groups] of Map.groupBy(waiting, (group) => group.lane)) {
        const oldestMs = groups.reduce(
          (least, { oldestQueuedAtMs }) => Math.min(least, oldestQueuedAtMs ?? least),
          Infinity,
        );
        gauge.set({ lane }, Math.max(0, now() - oldestMs) / 1_000);
      }
    },
  });
  metrics.gauge({
    name: "tokenhub_dead_letters",
    help: "Jobs that failed for good and that nobody has replayed or discarded.",
    labels: { class: classLabel },
    async collect(gauge) {
      for (const { errorClass, count } of await openLetters()) gauge.set({ class: errorClass ?? "" }, count);
    },
  });
}
