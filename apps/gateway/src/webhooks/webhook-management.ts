import type {
  Database,
  SigningSecretRepository,
  WebhookDeliveryRepository,
  WebhookEndpointRepository,
} from "@tokenhub/persistence";
import type { AddressAllowList } from "@tokenhub/webhooks";
import type { WebhookSecrets } from "./webhook-secrets.ts";

/** What endpoints and deliveries are managed with, by their owners and by administrators. */
export interface WebhookManagement {
  readonly db: Database["db"];
  readonly endpoints: WebhookEndpointRepository;
  readonly deliveries: WebhookDeliveryRepository;
  readonly tenantSecrets: SigningSecretRepository;
  readonly secrets: WebhookSecrets;
  readonly allow: AddressAllowList;
  /** Tells the relay that deliveries are due. */
  readonly wake: () => void;
  readonly now: () => number;
}

/** Of one tenant. */
export const mostWebhookEndpoints = 50;
/** Deliveries that one request sends again. */
export const mostRedeliveries = 10_000;

const overlapMs = 86_400_000;

/** Until when the secret so far signs along; null: it ends at once. */
export function oldSecretUntilMs(keepsOld: boolean | null | undefined, nowMs: number): number | null {
  return keepsOld === true ? nowMs + overlapMs : null;
}
