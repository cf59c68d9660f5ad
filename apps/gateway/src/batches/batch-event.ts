import type { WebhookEvent } from "@tokenhub/contracts";
import type { StoredBatch } from "@tokenhub/persistence";
import { webhookEventIdOf } from "@tokenhub/webhooks";

/** What is told of a batch's end. */
export function batchEventOf(
  batch: Pick<StoredBatch, "id" | "tenantId" | "projectId">,
  {
    state,
    nowMs,
  }: { readonly state: "completed" | "failed" | "cancelled" | "expired"; readonly nowMs: number },
): WebhookEvent {
  const type = `batch.${state}` as const;
  return {
    id: webhookEventIdOf({ type, subjectId: batch.id }),
    tenantId: batch.tenantId,
    projectId: batch.projectId,
    type,
    createdAtMs: nowMs,
    data: { id: batch.id },
  };
}
