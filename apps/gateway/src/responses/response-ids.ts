import { digitsOf } from "../jobs/job-ids.ts";

export function isResponseId(text: string): boolean {
  return /^resp_[0-9a-f]{1,64}$/.test(text);
}

/** A response has the digits of its request and of the job that makes it. */
export function responseIdOf(id: string): string {
  return `resp_${digitsOf(id)}`;
}
