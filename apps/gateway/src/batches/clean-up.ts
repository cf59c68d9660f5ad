import type { BatchRepository, FileRepository } from "@tokenhub/persistence";
import { errorFileIdOf, outputFileIdOf } from "./batch-ids.ts";
import { batchLimits } from "./batch-limits.ts";

const atOnce = 20;

/** Deletes some of what is past its time: files, batches that ended long ago, and the files nobody can ask for without them. */
export async function cleanUp(
  { files, batches }: { readonly files: FileRepository; readonly batches: BatchRepository },
  nowMs: number,
): Promise<void> {
  await files.removeExpired({
    nowMs,
    begunBeforeMs: nowMs - batchLimits.incompleteKeptMs,
    limit: atOnce,
  });
  const finishedBeforeMs = nowMs - batchLimits.batchKeptMs;
  for (const batch of await batches.endedBefore({ finishedBeforeMs, limit: atOnce })) {
    if (batch.surface === "anthropic")
      for (const fileId of [batch.inputFileId, outputFileIdOf(batch.id), errorFileIdOf(batch.id)])
        await files.remove(fileId);
    await batches.remove(batch.id);
  }
}
