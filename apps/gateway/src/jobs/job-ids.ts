import { idPrefixes } from "@tokenhub/contracts";

/** The digits that the ids of a job, of its requests and of its response have in common. */
export function digitsOf(id: string): string {
  return /_([0-9a-f]+)/.exec(id)?.[1] ?? "";
}

/**
 * The id of the request by which an attempt carries a job out. It follows from job and attempt, so that whoever carries the
 * attempt out again finds what was done before.
 */
export function requestIdOfAttempt(jobId: string, attempt: number): string {
  return `${idPrefixes.request}${digitsOf(jobId)}${attempt === 1 ? "" : `r${attempt}`}`;
}
