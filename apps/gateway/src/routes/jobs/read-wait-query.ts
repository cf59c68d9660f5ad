import { TokenHubError } from "@tokenhub/contracts";

const longestWaitSeconds = 120;

/** `?wait=30`: how long the answer may be held back for the job's end, in milliseconds. @throws TokenHubError `invalid_request` */
export function readWaitQuery(query: Readonly<Record<string, unknown>>): number {
  const { wait } = query;
  if (wait === undefined) return 0;
  const seconds = typeof wait === "string" && /^\d{1,4}$/.test(wait) ? Number(wait) : Number.NaN;
  if (seconds <= longestWaitSeconds) return seconds * 1_000;
  throw new TokenHubError(
    "invalid_request",
    `\`wait\` must be a whole number of seconds, ${longestWaitSeconds} at most.`,
    { param: "wait" },
  );
}
