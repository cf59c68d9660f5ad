import type { WebhookJob } from "@tokenhub/contracts";
import type { JobHandler } from "@tokenhub/queue";
import type { JobTracing } from "@tokenhub/telemetry";

/** Makes each attempt a span of its own; what it tells of has ended by then. */
export function traceAttempts(
  tracing: Pick<JobTracing, "wrap">,
  handler: JobHandler<WebhookJob>,
): JobHandler<WebhookJob> {
  interface Traced {
    readonly requestId: string;
    readonly round: number;
    readonly traceparent: string | null;
    readonly job: WebhookJob;
  }
  const traced = tracing.wrap(({ job }: Traced, signal) => handler(job, signal));
  return (job, signal) =>
    traced({ requestId: job.deliveryId, round: job.attempt, traceparent: null, job }, signal);
}
