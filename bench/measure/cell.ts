import type { LoadResult } from "../load/load-plan.ts";
import type { TargetName } from "../options.ts";

/** One target in one scenario in one round. */
export interface Cell {
  readonly target: TargetName;
  readonly scenario: string;
  /** From 1. */
  readonly round: number;
  readonly load: LoadResult;
  /**
   * Processor milliseconds of all processes of the target from the first request until they were quiet again, per request
   * sent; null for targets without processes and where there is no /proc.
   */
  readonly cpuMsPerRequest: number | null;
  /** The same for each process of the target. */
  readonly cpuMsPerRequestOf: Readonly<Record<string, number>> | null;
  /** Highest sum of resident memory that was seen, in MiB. */
  readonly peakRssMb: number | null;
  /** Calls that reached the upstream per request sent: anything but 1 is a cache or a retry. */
  readonly upstreamCallsPerRequest: number;
  /** Share of one core that the upstream used. */
  readonly upstreamCpuShare: number | null;
}
