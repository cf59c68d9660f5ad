import type { Admission } from "../../admission/admission.ts";
import type { WebhookManagement } from "../../webhooks/webhook-management.ts";

/** What the doors to webhook endpoints need. */
export interface WebhookEndpointDeps extends WebhookManagement {
  readonly admission: Pick<Admission, "authenticate" | "admit">;
}
