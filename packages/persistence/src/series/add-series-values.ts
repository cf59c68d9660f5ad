import type { Kysely } from "kysely";
import { insertRows } from "../insert-rows.ts";
import type { Schema } from "../schema/schema.ts";
import type { SeriesPointTable } from "../schema/series-tables.ts";
import { formatHistogram, mergeHistogram, parseHistogram } from "./histogram.ts";
import { markChanges } from "./mark-changes.ts";
import { seriesMetrics, seriesResolutions, type SeriesMetric } from "./series-metrics.ts";
import { PointCollection, rowOfPoint, seriesKey, type SeriesValue } from "./series-point.ts";

const [finestS] = seriesResolutions;

const key = "(metric, resolution_s, bucket_ms, model_id, provider_id)";

/** Adds to the counts and locks the rows; histograms, which SQL cannot add, come back as they were. */
const increment = `on conflict ${key} do update set
  count = series_points.count + excluded.count,
  sum = series_points.sum + excluded.sum,
  min = case when excluded.min < series_points.min then excluded.min else series_points.min end,
  max = case when excluded.max > series_points.max then excluded.max else series_points.max end
  returning metric, bucket_ms, model_id, provider_id, count, histogram_json`;

const putHistogram = `on conflict ${key} do update set histogram_json = excluded.histogram_json`;

/** Adds values to the points of 60 seconds. Must run in a transaction. */
export async function addSeriesValues(
  transaction: Kysely<Schema>,
  { values, nowMs }: { readonly values: readonly SeriesValue[]; readonly nowMs: number },
): Promise<void> {
  const collection = new PointCollection(finestS * 1_000);
  for (const value of values) collection.add(value, { hasHistogram: hasHistogram(value.metric) });
  const points = collection.list();
  const rows = points.map((point) => rowOfPoint(point, { resolutionS: finestS }));
  const present = await insertRows<"series_points", ReturnedRow>(transaction, {
    table: "series_points",
    rows,
    clause: increment,
  });
  const presentByKey = new Map(present.map((row) => [seriesKey(fromReturned(row)), row]));
  const grown: SeriesPointTable[] = [];
  for (const [index, point] of points.entries()) {
    const found = presentByKey.get(seriesKey(point));
    const row = rows[index];
    if (row === undefined || point.histogram === null || found === undefined) continue;
    // A row that counts no more than ours is the one just inserted: its histogram is complete.
    if (found.count === point.count || found.histogram_json === null) continue;
    mergeHistogram(point.histogram, parseHistogram(found.histogram_json) ?? new Map());
    grown.push({ ...row, histogram_json: formatHistogram(point.histogram) });
  }
  await insertRows(transaction, { table: "series_points", rows: grown, clause: putHistogram });
  const timesMs = points.map(({ bucketMs }) => bucketMs);
  await markChanges(transaction, { resolutionS: seriesResolutions[1], timesMs, nowMs });
}

type ReturnedRow = Pick<
  SeriesPointTable,
  "metric" | "bucket_ms" | "model_id" | "provider_id" | "count" | "histogram_json"
>;

function fromReturned(row: ReturnedRow) {
  return {
    metric: row.metric,
    bucketMs: row.bucket_ms,
    modelId: row.model_id,
    providerId: row.provider_id,
  };
}

function hasHistogram(metric: string): boolean {
  return metric in seriesMetrics && seriesMetrics[metric as SeriesMetric].hasHistogram;
}
