import { defaultRecoveryPolicy, type RecoveryPolicy } from "@tokenhub/resilience";
import type { ProviderWorkerConfig } from "./config.ts";

/** The product's recovery policy with what the configuration says: retries of one candidate, and the first backoff. */
export function recoveryPolicyOf(retries: ProviderWorkerConfig["retries"]): RecoveryPolicy {
  const { maxRetries = null, retryBackoffMs = null } = retries ?? {};
  const baseDelayMs = retryBackoffMs ?? defaultRecoveryPolicy.baseDelayMs;
  return {
    ...defaultRecoveryPolicy,
    ...(maxRetries === null ? {} : { maxAttemptsPerCandidate: maxRetries + 1 }),
    baseDelayMs,
    maxDelayMs: Math.max(baseDelayMs, defaultRecoveryPolicy.maxDelayMs),
  };
}
