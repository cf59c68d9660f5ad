import { TokenHubError } from "@tokenhub/contracts";
import type { StoredBatch } from "@tokenhub/persistence";
import type { BatchDeps } from "./batch-deps.ts";

/**
 * Stops a batch: what has not begun will not, what runs is asked to end. One that is being cancelled or was, stays as it is.
 * @throws TokenHubError `conflict` for one that has ended otherwise
 */
export async function cancelBatch(
  { batches, service, now }: Pick<BatchDeps, "batches" | "service" | "now">,
  batch: StoredBatch,
): Promise<StoredBatch> {
  const from = ["validating", "in_progress"] as const;
  await batches.move(batch.id, { from, to: "cancelling", changes: { cancellingAtMs: now() } });
  service.wake();
  const current = (await batches.get(batch.id)) ?? batch;
  if (current.cancellingAtMs === null && current.finishedAtMs !== null)
    throw new TokenHubError(
      "conflict",
      `The batch has ended (${current.state}) and cannot be cancelled any more. Read its results instead.`,
    );
  return current;
}
