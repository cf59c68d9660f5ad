import type { FinalJobState } from "@tokenhub/contracts";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";

/**
 * Counts ends of jobs in their batches. Must run in the transaction that ends the jobs: a job's end is counted once, or the
 * batch would wait for ever for what has ended, or end too early.
 */
export async function countBatchEndings(
  db: Kysely<Schema>,
  endings: readonly { readonly batchId: string; readonly state: FinalJobState }[],
): Promise<void> {
  const tallies = new Map<string, Record<FinalJobState, number>>();
  for (const { batchId, state } of endings) {
    const tally = tallies.get(batchId) ?? { succeeded: 0, failed: 0, cancelled: 0, expired: 0 };
    tally[state] += 1;
    tallies.set(batchId, tally);
  }
  // In the order of ids, so that two writers of the same batches never wait for each other.
  for (const [batchId, tally] of [...tallies].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    await sql`update batches set
      succeeded = succeeded + ${tally.succeeded}, failed = failed + ${tally.failed},
      cancelled = cancelled + ${tally.cancelled}, expired = expired + ${tally.expired}
      where id = ${batchId}`.execute(db);
  }
}
