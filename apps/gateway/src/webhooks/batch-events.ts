import type { WebhookEvent } from "@tokenhub/contracts";
import { webhookEventOf } from "./webhook-event-of.ts";

/** What it takes of a batch to tell of its end. */
export interface EndedBatch {
  readonly id: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly state: "completed" | "failed" | "cancelled" | "expired";
  readonly finishedAtMs: number;
  readonly counts?: { readonly total: number; readonly completed: number; readonly failed: number };
}

/** The event of a batch's end. */
export function eventsOfBatchEnd({
  id,
  tenantId,
  projectId,
  state,
  finishedAtMs,
  counts,
}: EndedBatch): WebhookEvent[] {
  return [
    webhookEventOf({
      type: `batch.${state}`,
      subjectId: id,
      tenantId,
      projectId,
      createdAtMs: finishedAtMs,
      data: { id, ...(counts === undefined ? {} : { request_counts: counts }) },
    }),
  ];
}
