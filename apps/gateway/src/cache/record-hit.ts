import { finishedFactOf, type Keyspace, type RequestResult } from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import type { Submission } from "../sync/submit-request.ts";

export interface HitRecorder {
  readonly redis: Redis;
  readonly keyspace: Keyspace;
}

/**
 * Appends the fact of a request that was answered without a job, so that it stands in the request log like any other. The
 * decision and the usage are those of the request whose answer it was, so they are not told twice.
 */
export async function recordHit(
  { redis, keyspace }: HitRecorder,
  { submission, result, originId, finishedAtMs }: HitRecord,
): Promise<void> {
  const { bodyText: _body, waitMs: _wait, ...envelope } = submission;
  const fact = finishedFactOf(
    {
      v: 1,
      ...envelope,
      replyTo: null,
      round: 0,
      excluded: [],
      attempts: [],
      lastDecision: null,
    },
    finishedAtMs,
  );
  const recorded: RequestResult = {
    ...result,
    decision: null,
    warnings: [`Answered from the cache, with the answer to ${originId}.`],
  };
  await redis.xadd(keyspace.facts, "*", "fact", JSON.stringify(fact), "result", JSON.stringify(recorded));
}

export interface HitRecord {
  readonly submission: Submission;
  readonly result: RequestResult;
  /** The request that fetched the answer. */
  readonly originId: string;
  readonly finishedAtMs: number;
}
