import { ConfigError } from "@tokenhub/config";
import {
  createSigningSecretRepository,
  createWebhookDeliveryRepository,
  createWebhookEndpointRepository,
} from "@tokenhub/persistence";
import type { JobProducer } from "@tokenhub/queue";
import { createLineLimiter } from "@tokenhub/telemetry";
import { readAddressAllowList, type AddressAllowList, type WebhookRetryPolicy } from "@tokenhub/webhooks";
import { randomBytes } from "node:crypto";
import { readOrCreateClusterSecret } from "../admission/cluster-secret.ts";
import { readJobWebhook } from "../webhooks/read-job-webhook.ts";
import { startRelay } from "../webhooks/relay.ts";
import { createWebhookRecording } from "../webhooks/webhook-recording.ts";
import { createWebhookSecrets } from "../webhooks/webhook-secrets.ts";
import type { Foundation } from "./open-foundation.ts";

export interface WebhookParts {
  readonly foundation: Foundation;
  readonly producer: Pick<JobProducer, "addWebhook">;
  /** Address ranges that the operator opened for webhooks; absent: none. */
  readonly allow: readonly string[] | undefined;
  /** When attempts are made; absent: as in production. */
  readonly policy: WebhookRetryPolicy | undefined;
  /** After that an attempt of which nothing was heard counts as lost, in milliseconds; absent: as in production. */
  readonly lostAfterMs: number | undefined;
}

/** It is tried again each second while Redis or the database is away. */
const troubleLinesPerMinute = 6;

/** What receivers, their events and their secrets are handled with. */
export type Webhooks = Awaited<ReturnType<typeof openWebhooks>>;

/**
 * Starts what brings webhook deliveries to the workers.
 * @throws ConfigError when an allowed address is no range.
 */
export function openWebhooks(stack: AsyncDisposableStack, parts: WebhookParts) {
  const { foundation, producer, policy, lostAfterMs } = parts;
  const { product, db, now, logger } = foundation;
  const allow = allowListOf(parts.allow ?? []);
  const clusterSecret = readOrCreateClusterSecret(product);
  const secrets = createWebhookSecrets({ clusterSecret, random: randomBytes });
  const deliveries = createWebhookDeliveryRepository(db);
  const tenantSecrets = createSigningSecretRepository(db);
  const limiter = createLineLimiter({ perMinute: troubleLinesPerMinute, now });
  const onError = (error: unknown): void =>
    limiter.line((suppressed) =>
      logger.error(
        { err: error, suppressed },
        "webhooks could not be handed to the workers; they stay in the database and are tried again",
      ),
    );
  const relay = stack.use(
    startRelay({ deliveries, tenantSecrets, secrets, producer, now, onError, lostAfterMs }),
  );
  return {
    recording: createWebhookRecording({ now, random: Math.random, policy, wake: relay.wake }),
    wake: relay.wake,
    /** @throws TokenHubError `invalid_request`; see `readJobWebhook`. */
    readJobWebhook: (value: unknown) => readJobWebhook(value, { clusterSecret, allow }),
    management: {
      db,
      endpoints: createWebhookEndpointRepository(db),
      deliveries,
      tenantSecrets,
      secrets,
      allow,
      wake: relay.wake,
      now,
    },
  };
}

function allowListOf(entries: readonly string[]): AddressAllowList {
  const reading = readAddressAllowList(entries);
  if (reading.kind === "ok") return reading.allow;
  throw new ConfigError(`TOKENHUB_WEBHOOK_ALLOW is not valid: ${reading.problem}`);
}
