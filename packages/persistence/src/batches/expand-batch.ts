import type { Kysely } from "kysely";
import { createJobRepository, type NewJob } from "../jobs/job-repository.ts";
import type { Schema } from "../schema/schema.ts";
import { transaction } from "../transaction.ts";
import type { StoredBatch } from "./batch-row.ts";

/**
 * Makes jobs of a batch's next lines and notes how far it has come, both or neither.
 * @returns false when another gateway was faster, or the batch does not take any more: nothing was changed.
 */
export function expandBatch(
  db: Kysely<Schema>,
  {
    batch,
    jobs,
    next,
  }: {
    readonly batch: Pick<StoredBatch, "id" | "nextLine">;
    readonly jobs: readonly NewJob[];
    readonly next: { readonly line: number; readonly offsetBytes: number };
  },
): Promise<boolean> {
  return transaction(db, async (begun) => {
    const { numUpdatedRows } = await begun
      .updateTable("batches")
      .set({ next_line: next.line, next_offset_bytes: next.offsetBytes })
      .where("id", "=", batch.id)
      .where("state", "=", "in_progress")
      .where("next_line", "=", batch.nextLine)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await createJobRepository(begun).insert(jobs);
    return true;
  });
}
