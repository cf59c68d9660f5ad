import { objectOf, objectsOf, type JsonObject } from "../json-value.ts";

/** The entries of a choice's `logprobs.content`, one per token; none when there are no log probabilities. */
export function readLogprobEntries(logprobs: unknown): readonly JsonObject[] {
  if (logprobs === null || logprobs === undefined) return [];
  return objectsOf(objectOf(logprobs)?.["content"]);
}
