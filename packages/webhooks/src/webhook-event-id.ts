import type { WebhookEventType } from "@tokenhub/contracts";
import { createHash } from "node:crypto";

export interface WebhookSubject {
  readonly type: WebhookEventType;
  /** Of the job, response, batch, orchestration or endpoint that the event tells of. */
  readonly subjectId: string;
  /** Where one subject can have several events of one type, what tells them apart: a phase, a count. */
  readonly occurrence?: string | number;
}

/** The event's id, `evt_` and 32 hexadecimal digits. It follows from what is told, so that telling it twice makes one event. */
export function webhookEventIdOf({ type, subjectId, occurrence }: WebhookSubject): string {
  const parts = occurrence === undefined ? [type, subjectId] : [type, subjectId, occurrence];
  return `evt_${createHash("sha256").update(parts.join(":")).digest("hex").slice(0, 32)}`;
}
