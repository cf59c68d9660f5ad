import type { Kysely } from "kysely";
import { insertRows } from "../insert-rows.ts";
import type { Schema } from "../schema/schema.ts";

/**
 * Notes that spans of a coarser resolution which are over must be made again, because finer points in them have changed.
 * Spans that are not over are made in their turn. Must run in the transaction of the change.
 */
export async function markChanges(
  transaction: Kysely<Schema>,
  {
    resolutionS,
    timesMs,
    nowMs,
  }: { readonly resolutionS: number; readonly timesMs: readonly number[]; readonly nowMs: number },
): Promise<void> {
  const spanMs = resolutionS * 1_000;
  const starts = new Set(timesMs.map((timeMs) => Math.floor(timeMs / spanMs) * spanMs));
  const past = [...starts].filter((startMs) => startMs + spanMs <= nowMs);
  await insertRows(transaction, {
    table: "series_changes",
    rows: past
      .toSorted((left, right) => left - right)
      .map((startMs) => ({ resolution_s: resolutionS, span_ms: startMs, marks: 1 })),
    clause: "on conflict (resolution_s, span_ms) do update set marks = series_changes.marks + 1",
  });
}
