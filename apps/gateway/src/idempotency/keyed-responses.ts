import { readPreferences } from "../http/read-preferences.ts";
import type { Keeping } from "../sync/answer-keeper.ts";
import type { KeyedJobs } from "./keyed-jobs.ts";
import { readIdempotencyKey } from "./read-idempotency-key.ts";

type Arrived = Parameters<Keeping["tookOver"]>[0];

/** Has a response that nobody waits for be made once for each Idempotency-Key: asked for again, it is the same response. */
export function createKeyedResponses({
  keyed,
  tookOver,
}: {
  readonly keyed: KeyedJobs;
  /** Makes the response, or tells of the one that a job makes. */
  readonly tookOver: Keeping["tookOver"];
}): Keeping["tookOver"] {
  return async (arrived) => {
    const key = readIdempotencyKey(arrived.request.headers);
    if (key === null || !isForLater(arrived)) return tookOver(arrived);
    const { existing } = await keyed.findOrBegin(arrived, key, (insert) =>
      tookOver({ ...arrived, keyed: { existing: null, insert } }),
    );
    if (existing === null) return true;
    // The job of a caller who waited is told of as every other job is.
    return existing.origin === "response" ? tookOver({ ...arrived, keyed: { existing } }) : false;
  };
}

function isForLater({ body, request }: Arrived): boolean {
  return (
    body["background"] === true || (body["store"] !== false && readPreferences(request.headers).respondAsync)
  );
}
