import { endedLineCount, type StoredBatch } from "@tokenhub/persistence";
import { batchLimits } from "./batch-limits.ts";

type SharingBatch = Pick<StoredBatch, "id" | "tenantId" | "state" | "total" | "counts">;

/**
 * How many lines of each batch may be jobs that have not ended. Tenants share the room equally, and a tenant's batches share
 * what it gets, oldest first where it cannot be divided; what one cannot use goes to the others. It depends on nothing but
 * the batches, so that gateways which share them come to the same answer without asking each other.
 * @param batches all that are open, oldest first.
 */
export function shareRoom(
  batches: readonly SharingBatch[],
  {
    ofBatch = batchLimits.unfinishedOfBatch,
    ofAll = batchLimits.unfinishedOfAll,
  }: { readonly ofBatch?: number; readonly ofAll?: number } = {},
): ReadonlyMap<string, number> {
  const tenants = new Map<string, { readonly id: string; readonly wanted: number }[]>();
  for (const batch of batches) {
    if (batch.state !== "in_progress") continue;
    const wanted = Math.min(ofBatch, batch.total - endedLineCount(batch));
    const own = tenants.get(batch.tenantId) ?? [];
    own.push({ id: batch.id, wanted });
    tenants.set(batch.tenantId, own);
  }
  const sides = [...tenants.values()];
  const shares = divide(
    ofAll,
    sides.map((own) => own.reduce((sum, { wanted }) => sum + wanted, 0)),
  );
  const rooms = new Map<string, number>();
  for (const [at, own] of sides.entries()) {
    const parts = divide(
      shares[at] ?? 0,
      own.map(({ wanted }) => wanted),
    );
    for (const [index, { id }] of own.entries()) rooms.set(id, parts[index] ?? 0);
  }
  return rooms;
}

/** Divides room equally among those that want it; nobody gets more than it wants, and nothing is left while one wants more. */
function divide(room: number, wanted: readonly number[]): number[] {
  const parts = wanted.map(() => 0);
  const order = [...wanted.keys()].toSorted((left, right) => (wanted[left] ?? 0) - (wanted[right] ?? 0));
  let left = room;
  for (const [served, at] of order.entries()) {
    // The last ones get what a division would leave over.
    const part = Math.min(wanted[at] ?? 0, Math.ceil(left / (order.length - served)));
    parts[at] = part;
    left -= part;
  }
  return parts;
}
