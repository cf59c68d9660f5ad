/** When attempts to deliver are made, and when no more are. All times in milliseconds. */
export interface WebhookRetryPolicy {
  /** The delay before each attempt, from the attempt before it; the first one is that of attempt 1. Its length is the number of attempts. */
  readonly delaysMs: readonly number[];
  /** How far a delay is moved at random, as a share of it, in both directions. */
  readonly jitter: number;
  /** The least delay after a timeout and after an answer that asks for patience (429, 502, 503, 504). */
  readonly slowDownMs: number;
  /** An endpoint that only failed for so long is disabled. */
  readonly disableAfterMs: number;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** The example of the Standard Webhooks specification: ten attempts in 75.6 hours. */
export const defaultWebhookRetryPolicy: WebhookRetryPolicy = {
  delaysMs: [
    0,
    5 * secondMs,
    5 * minuteMs,
    30 * minuteMs,
    2 * hourMs,
    5 * hourMs,
    10 * hourMs,
    14 * hourMs,
    20 * hourMs,
    24 * hourMs,
  ],
  jitter: 0.2,
  slowDownMs: 30 * secondMs,
  disableAfterMs: 120 * hourMs,
};
