import type { OrchestrateJob } from "@tokenhub/contracts";
import type { JobHandler } from "@tokenhub/queue";
import type { JobTracing } from "@tokenhub/telemetry";

/** Makes each look at a run a span below the one its job names; calls that it sends go on from there. */
export function traceRuns(
  tracing: Pick<JobTracing, "wrap">,
  handler: JobHandler<OrchestrateJob>,
): JobHandler<OrchestrateJob> {
  interface Traced {
    readonly requestId: string;
    readonly round: number;
    readonly traceparent: string | null;
    readonly job: OrchestrateJob;
  }
  const traced = tracing.wrap(({ job, traceparent }: Traced, signal) =>
    handler({ ...job, traceparent }, signal),
  );
  return (job, signal) =>
    traced({ requestId: job.runId, round: 0, traceparent: job.traceparent, job }, signal);
}
