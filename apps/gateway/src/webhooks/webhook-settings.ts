import { ConfigError, parseDuration, type EnvironmentReader } from "@tokenhub/config";
import { defaultWebhookRetryPolicy, type WebhookRetryPolicy } from "@tokenhub/webhooks";

/** What an operator may set about the delivery of webhooks. */
export interface WebhookSettings {
  readonly policy: WebhookRetryPolicy;
  /** After that an attempt of which nothing was heard counts as lost, in milliseconds. */
  readonly lostAfterMs: number;
}

const defaultLostAfterMs = 60_000;
/** Beyond that the attempts of one delivery would fill a page of nobody's. */
const mostPauses = 30;
const longestPauseMs = 7 * 24 * 3_600_000;

/** @throws ConfigError naming the variable at fault. */
export function readWebhookSettings(read: EnvironmentReader): WebhookSettings {
  const lostAfterMs = read.envDurationMs("TOKENHUB_WEBHOOK_LOST_AFTER") ?? defaultLostAfterMs;
  if (lostAfterMs < 1_000)
    throw new ConfigError("TOKENHUB_WEBHOOK_LOST_AFTER is less than a second; set it to 1s or more.");
  return { policy: policyOf(read.envList("TOKENHUB_WEBHOOK_SCHEDULE")), lostAfterMs };
}

/** The first attempt is made at once. Nobody is given more patience than the longest pause that is stated. */
function policyOf(pauses: readonly string[] | null): WebhookRetryPolicy {
  if (pauses === null) return defaultWebhookRetryPolicy;
  if (pauses.length > mostPauses)
    throw new ConfigError(`TOKENHUB_WEBHOOK_SCHEDULE states more than ${mostPauses} pauses; state fewer.`);
  const delaysMs = [0, ...pauses.map(pauseOf)];
  const slowDownMs = Math.min(defaultWebhookRetryPolicy.slowDownMs, Math.max(...delaysMs));
  return { ...defaultWebhookRetryPolicy, delaysMs, slowDownMs };
}

function pauseOf(text: string): number {
  const pauseMs = durationOf(text);
  if (pauseMs <= longestPauseMs) return pauseMs;
  throw new ConfigError(`TOKENHUB_WEBHOOK_SCHEDULE states the pause ${text}; state 7 days at most.`);
}

function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`TOKENHUB_WEBHOOK_SCHEDULE is wrong: ${reason}`, { cause: error });
  }
}
