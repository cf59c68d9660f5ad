import { sql, type Kysely } from "kysely";
import { deleteInBatches } from "../upkeep/delete-in-batches.ts";
import type { Schema } from "../schema/schema.ts";
import { progressOf } from "./downsample-series.ts";
import { seriesResolutions, type SeriesResolution } from "./series-metrics.ts";

/** How long points of each resolution are kept, in milliseconds; null: for ever. */
export type SeriesRetention = Readonly<Record<SeriesResolution, number | null>>;

export const defaultSeriesRetention: SeriesRetention = {
  60: 7 * 86_400_000,
  3_600: 90 * 86_400_000,
  86_400: null,
};

/**
 * Deletes the points that are past their time, in whole days, and only as far as coarser ones are made of them.
 * Gives their number. Run `downsampleSeries` first.
 */
export async function pruneSeries(
  db: Kysely<Schema>,
  {
    nowMs,
    retention = defaultSeriesRetention,
    batchRows,
  }: { readonly nowMs: number; readonly retention?: SeriesRetention; readonly batchRows: number },
): Promise<number> {
  let deleted = 0;
  for (const [index, resolutionS] of seriesResolutions.entries()) {
    const keptMs = retention[resolutionS];
    if (keptMs === null) continue;
    const coarserS = seriesResolutions[index + 1];
    const madeUntilMs =
      coarserS === undefined
        ? Number.POSITIVE_INFINITY
        : (await progressOf(db, coarserS)).downsampled_until_ms;
    const dayMs = 86_400_000;
    const beforeMs = Math.floor(Math.min(nowMs - keptMs, madeUntilMs) / dayMs) * dayMs;
    // First the mark, so that nobody makes a coarser point from what is being deleted.
    await db
      .updateTable("series_progress")
      .set({ pruned_before_ms: beforeMs })
      .where("resolution_s", "=", resolutionS)
      .where("pruned_before_ms", "<", beforeMs)
      .execute();
    deleted += await deleteInBatches(db, {
      table: "series_points",
      key: ["metric", "resolution_s", "bucket_ms", "model_id", "provider_id"],
      where: sql`resolution_s = ${resolutionS} and bucket_ms < ${beforeMs}`,
      batchRows,
    });
  }
  return deleted;
}
