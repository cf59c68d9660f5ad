import { messageBatchListQuerySchema } from "@tokenhub/contracts/api";
import type { StoredBatch } from "@tokenhub/persistence";
import type { Caller } from "../../admission/caller.ts";
import { ownFilters } from "../../batches/admit-caller.ts";
import type { BatchDeps } from "../../batches/batch-deps.ts";
import { requireBatch } from "../../batches/find-own.ts";
import { cutPage, readQuery } from "../../batches/read-query.ts";

const surface = "anthropic";

/**
 * A page, newest first: behind `after_id`, or right before `before_id`.
 * @throws TokenHubError `invalid_request`, `not_found` for an id that is no batch of the caller's
 */
export async function listMessageBatches(
  deps: BatchDeps,
  { caller, query }: { readonly caller: Caller; readonly query: unknown },
): Promise<{ readonly page: readonly StoredBatch[]; readonly hasMore: boolean }> {
  const { limit, before_id: before, after_id: after } = readQuery(messageBatchListQuerySchema, query);
  const cursor = before ?? after;
  const isBackward = before !== undefined;
  const rows = await deps.batches.page({
    filters: { ...ownFilters(caller), surface },
    limit: limit + 1,
    after: cursor === undefined ? null : await requireBatch(deps, { caller, batchId: cursor, surface }),
    direction: isBackward ? "asc" : "desc",
  });
  const { page, hasMore } = cutPage(rows, limit);
  return { page: isBackward ? page.toReversed() : page, hasMore };
}
