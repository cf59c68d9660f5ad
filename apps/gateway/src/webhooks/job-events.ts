import type { FinalJobState, WebhookEvent, WebhookEventType } from "@tokenhub/contracts";
import type { JobEnding, StoredJob } from "@tokenhub/persistence";
import { webhookEventOf } from "./webhook-event-of.ts";

/** What it takes of a job to tell of its end. */
type EndedJob = Pick<
  StoredJob,
  "id" | "requestId" | "tenantId" | "projectId" | "origin" | "endpoint" | "isStream"
>;
type Ending = Pick<JobEnding, "state" | "finishedAtMs" | "answer" | "errorCode" | "modelId" | "costUsd">;

/** The lines of a batch are told by the batch, and a caller who waits needs no telling. */
const untoldOrigins = new Set<StoredJob["origin"]>(["batch", "idempotency"]);

/** The events of a job's end: its own, and for a response that of the response. */
export function eventsOfJobEnd(job: EndedJob, ending: Ending): WebhookEvent[] {
  if (untoldOrigins.has(job.origin)) return [];
  const told = { tenantId: job.tenantId, projectId: job.projectId, createdAtMs: ending.finishedAtMs };
  const own = webhookEventOf({
    ...told,
    type: `job.${ending.state}`,
    subjectId: job.id,
    data: {
      id: job.id,
      request_id: job.requestId,
      endpoint: job.endpoint,
      state: ending.state,
      status_code: ending.answer?.statusCode ?? null,
      error_code: ending.errorCode,
      model: ending.modelId,
      cost_usd: ending.costUsd,
    },
  });
  if (job.origin !== "response") return [own];
  const id = responseIdOf(job.id);
  return [own, webhookEventOf({ ...told, type: responseTypeOf(job, ending), subjectId: id, data: { id } })];
}

/** A response and the job that makes it share their digits. */
function responseIdOf(jobId: string): string {
  return `resp_${jobId.slice(jobId.indexOf("_") + 1)}`;
}

const responseTypes = {
  succeeded: "response.completed",
  failed: "response.failed",
  cancelled: "response.cancelled",
  expired: "response.failed",
} as const satisfies Record<FinalJobState, WebhookEventType>;

function responseTypeOf({ isStream }: EndedJob, { state, answer }: Ending): WebhookEventType {
  const status = state === "succeeded" && answer !== null ? statusOf(answer.body, isStream) : null;
  if (status === "incomplete" || status === "failed") return `response.${status}`;
  return responseTypes[state];
}

/** The `status` of a response, or how its stream ended; null when the answer does not say. */
function statusOf(body: string, isStream: boolean): string | null {
  if (isStream) return lastStreamEvent.exec(body)?.[1] ?? null;
  try {
    const { status } = JSON.parse(body) as { readonly status?: unknown };
    return typeof status === "string" ? status : null;
  } catch {
    // Not JSON: the job's own state is all that is known.
    return null;
  }
}

/** How a stream ended; a text that is quoted in its data is on no line of its own. */
const lastStreamEvent = /^event: response\.(completed|incomplete|failed)$/m;
