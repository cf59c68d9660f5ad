import type { WebhookEvent } from "@tokenhub/contracts";
import { webhookEventIdOf, type WebhookSubject } from "@tokenhub/webhooks";

/** An event with the id that follows from what it tells of. */
export function webhookEventOf({
  subjectId,
  occurrence,
  ...event
}: Omit<WebhookEvent, "id"> & Pick<WebhookSubject, "subjectId" | "occurrence">): WebhookEvent {
  const subject = { type: event.type, subjectId, ...(occurrence === undefined ? {} : { occurrence }) };
  return { id: webhookEventIdOf(subject), ...event };
}
