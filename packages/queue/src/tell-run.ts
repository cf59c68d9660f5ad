import type { Envelope } from "@tokenhub/contracts";
import type { JobProducer } from "./job-producer.ts";

/**
 * Tells the orchestrator that a request has ended, when the request is a call of a run. Comes after the commit and before the
 * job is done: whoever dies in between has its job delivered again, finds the request ended and tells then. Telling twice, or
 * of a request that goes on, is harmless: the orchestrator looks at what is stored. Redis errors reject as they are.
 *
 * @param isOver False when the request may still be going on in other hands. Such news has a job id of its own: under the
 * same one it could be running, having seen nothing, at the moment of the end, whose news would then be taken for a repeat.
 */
export async function tellRun(
  producer: Pick<JobProducer, "addOrchestrate">,
  { job, isOver }: { job: Pick<Envelope, "runId" | "requestId" | "traceparent">; isOver: boolean },
): Promise<void> {
  const { runId, requestId, traceparent } = job;
  if (runId === undefined) return;
  const cause = isOver ? requestId : `${requestId}-maybe`;
  await producer.addOrchestrate({ v: 1, runId, cause, traceparent });
}
