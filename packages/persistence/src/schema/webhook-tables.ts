import type { WebhookAttemptedFact, WebhookEventType } from "@tokenhub/contracts";

export interface WebhookTables {
  webhook_endpoints: WebhookEndpointTable;
  webhook_signing_secrets: WebhookSigningSecretTable;
  webhook_events: WebhookEventTable;
  webhook_deliveries: WebhookDeliveryTable;
  webhook_attempts: WebhookAttemptTable;
}

/** A signing secret, and the one before it while both sign. */
export interface WebhookSecretColumns {
  sealed_secret: string;
  /** The last characters of the secret. */
  secret_hint: string;
  sealed_old_secret: string | null;
  /** Until then both secrets sign. */
  old_secret_until_ms: number | null;
}

/** A receiver that a tenant manages. */
export interface WebhookEndpointTable extends WebhookSecretColumns {
  id: string;
  tenant_id: string;
  project_id: string | null;
  name: string;
  url: string;
  event_types_json: string;
  status: "enabled" | "disabled";
  disabled_reason: string | null;
  disabled_at_ms: number | null;
  /** When the first of the failures came that no success has followed. */
  failing_since_ms: number | null;
  created_at_ms: number;
  updated_at_ms: number;
}

/** What signs deliveries to URLs that jobs name without a secret of their own. */
interface WebhookSigningSecretTable extends WebhookSecretColumns {
  tenant_id: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface WebhookEventTable {
  id: string;
  tenant_id: string;
  project_id: string | null;
  type: WebhookEventType;
  created_at_ms: number;
  /** The member `data` of the payload. */
  data_json: string;
}

/** One event on its way to one receiver. */
export interface WebhookDeliveryTable {
  id: string;
  event_id: string;
  tenant_id: string;
  event_type: WebhookEventType;
  /** Null for a URL that a job named. */
  endpoint_id: string | null;
  url: string;
  /** Of a URL that a job named; null: the endpoint's, or the tenant's own. */
  sealed_secret: string | null;
  receiver: string;
  state: "pending" | "sending" | "delivered" | "failed" | "discarded";
  /** `scheduled` and `recovery` are tried again when they fail, `manual` and `test` are not. */
  trigger: "scheduled" | "manual" | "recovery" | "test";
  /** Attempts that were begun. */
  attempt: number;
  /** How many of them were made before it was last asked for again; the schedule counts from there. */
  earlier_attempts: number;
  next_attempt_at_ms: number | null;
  /** When the attempt under way was given to the workers. */
  sent_at_ms: number | null;
  created_at_ms: number;
  finished_at_ms: number | null;
}

export interface WebhookAttemptTable {
  delivery_id: string;
  attempt: number;
  started_at_ms: number;
  duration_ms: number;
  outcome: WebhookAttemptedFact["outcome"];
  status_code: number | null;
  response_text: string | null;
  problem: string | null;
}
