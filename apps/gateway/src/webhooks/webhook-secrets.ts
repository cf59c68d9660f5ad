import type { SealedSecret } from "@tokenhub/persistence";
import {
  makeWebhookSecret,
  sealWebhookSecret,
  webhookSecretHint,
  type RandomBytes,
} from "@tokenhub/webhooks";

/** A signing secret that was just made. */
interface MadeSecret {
  /** As its owner gets to see it, once. */
  readonly secret: string;
  readonly sealed: SealedSecret;
}

/** Makes signing secrets and seals them for the workers. */
export interface WebhookSecrets {
  make(): MadeSecret;
  seal(secret: string): string;
}

/** @param clusterSecret the 32 bytes that gateways share with their workers. */
export function createWebhookSecrets({
  clusterSecret,
  random,
}: {
  readonly clusterSecret: Buffer;
  readonly random: RandomBytes;
}): WebhookSecrets {
  const seal = (secret: string): string => sealWebhookSecret(secret, { clusterSecret, random });
  return {
    make() {
      const secret = makeWebhookSecret(random);
      return { secret, sealed: { sealed: seal(secret), hint: webhookSecretHint(secret) } };
    },
    seal,
  };
}
