import type { EnvironmentReader } from "@tokenhub/config";

const hourMs = 3_600_000;

/** How long responses are kept when the operator says nothing. */
export const defaultResponsesKeepMs = 720 * hourMs;

/** Responses that one conversation may have. */
export const mostTurns = 200;

/** @throws ConfigError naming the variable at fault. */
export function readResponsesKeepMs(read: EnvironmentReader): number {
  const hours = read.envInteger("TOKENHUB_RESPONSES_KEEP_HOURS", { min: 1 });
  return hours === null ? defaultResponsesKeepMs : hours * hourMs;
}
