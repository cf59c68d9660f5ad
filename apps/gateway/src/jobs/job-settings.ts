import type { EnvironmentReader } from "@tokenhub/config";
import type { DispatchLimits } from "./plan-dispatch.ts";

/** What an operator may set about jobs. */
export interface JobSettings {
  readonly limits: DispatchLimits;
  /** How long jobs and their answers are kept after their end. */
  readonly keepMs: number;
  /** Bytes of all kept answers; beyond that the oldest go. */
  readonly keptBytesMax: number;
  /** How long a job may take at most, the time until it may begin included. */
  readonly longestMs: number;
  /** How long a job may take that states no deadline. */
  readonly defaultMs: number;
  /** How long a request goes on as a job when its caller's wait is over; 0: it ends. */
  readonly afterWaitMs: number;
}

const hourMs = 3_600_000;

export const defaultJobSettings: JobSettings = {
  limits: { running: 1_000, runningPerGroup: 200 },
  keepMs: 30 * 24 * hourMs,
  keptBytesMax: 10 * 1024 ** 3,
  longestMs: 7 * 24 * hourMs,
  defaultMs: 24 * hourMs,
  afterWaitMs: 600_000,
};

/** @throws ConfigError naming the variable at fault. */
export function readJobSettings(read: EnvironmentReader): JobSettings {
  const { limits, ...times } = defaultJobSettings;
  const keepHours = read.envInteger("TOKENHUB_JOBS_KEEP_HOURS", { min: 1 });
  return {
    ...times,
    limits: {
      running: read.envInteger("TOKENHUB_JOBS_RUNNING", { min: 1 }) ?? limits.running,
      runningPerGroup:
        read.envInteger("TOKENHUB_JOBS_RUNNING_PER_GROUP", { min: 1 }) ?? limits.runningPerGroup,
    },
    keepMs: keepHours === null ? times.keepMs : keepHours * hourMs,
    keptBytesMax: read.envInteger("TOKENHUB_JOBS_KEPT_BYTES", { min: 0 }) ?? times.keptBytesMax,
    afterWaitMs: read.envInteger("TOKENHUB_AFTER_WAIT_MS", { min: 0 }) ?? times.afterWaitMs,
  };
}
