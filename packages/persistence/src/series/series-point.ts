import { parseContent, type Contract } from "../read-row.ts";
import type { SeriesPointTable } from "../schema/series-tables.ts";
import {
  addToHistogram,
  binOf,
  formatHistogram,
  mergeHistogram,
  parseHistogram,
  type Histogram,
} from "./histogram.ts";

/** One measured value. Model and provider are empty text when it belongs to none. */
export interface SeriesValue {
  readonly metric: string;
  readonly modelId: string;
  readonly providerId: string;
  readonly timeMs: number;
  readonly value: number;
}

/** All values of one series in one span of time. */
export interface SeriesPoint {
  readonly metric: string;
  readonly modelId: string;
  readonly providerId: string;
  readonly bucketMs: number;
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly histogram: Histogram | null;
}

/** Points by series and bucket. */
export class PointCollection {
  readonly #points = new Map<string, SeriesPoint>();
  readonly #spanMs: number;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** Counts one value. */
  add(value: SeriesValue, { hasHistogram }: { readonly hasHistogram: boolean }): void {
    const point = this.#at(value, { timeMs: value.timeMs, hasHistogram });
    point.count += 1;
    point.sum += value.value;
    point.min = Math.min(point.min, value.value);
    point.max = Math.max(point.max, value.value);
    if (point.histogram !== null) addToHistogram(point.histogram, binOf(value.value));
  }

  /** Takes in a finer point. */
  merge(other: SeriesPoint): void {
    const point = this.#at(other, { timeMs: other.bucketMs, hasHistogram: other.histogram !== null });
    point.count += other.count;
    point.sum += other.sum;
    point.min = Math.min(point.min, other.min);
    point.max = Math.max(point.max, other.max);
    if (point.histogram !== null && other.histogram !== null)
      mergeHistogram(point.histogram, other.histogram);
  }

  /** In the order of their keys, which every writer keeps, so that two never wait for each other. */
  list(): SeriesPoint[] {
    return [...this.#points].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, point]) => point);
  }

  #at(
    { metric, modelId, providerId }: Pick<SeriesPoint, "metric" | "modelId" | "providerId">,
    { timeMs, hasHistogram }: { readonly timeMs: number; readonly hasHistogram: boolean },
  ): SeriesPoint {
    const bucketMs = Math.floor(timeMs / this.#spanMs) * this.#spanMs;
    const key = seriesKey({ metric, modelId, providerId, bucketMs });
    const present = this.#points.get(key);
    if (present !== undefined) return present;
    const point: SeriesPoint = {
      metric,
      modelId,
      providerId,
      bucketMs,
      count: 0,
      sum: 0,
      min: Number.POSITIVE_INFINITY,
      max: Number.NEGATIVE_INFINITY,
      histogram: hasHistogram ? new Map() : null,
    };
    this.#points.set(key, point);
    return point;
  }
}

/** Identifies a point among those of one resolution. Ids hold no control characters. */
export function seriesKey({
  metric,
  modelId,
  providerId,
  bucketMs,
}: Pick<SeriesPoint, "metric" | "modelId" | "providerId" | "bucketMs">): string {
  return `${metric}\u0001${bucketMs}\u0001${modelId}\u0001${providerId}`;
}

export function rowOfPoint(
  point: SeriesPoint,
  { resolutionS }: { readonly resolutionS: number },
): SeriesPointTable {
  return {
    metric: point.metric,
    model_id: point.modelId,
    provider_id: point.providerId,
    resolution_s: resolutionS,
    bucket_ms: point.bucketMs,
    count: point.count,
    sum: point.sum,
    min: point.min,
    max: point.max,
    histogram_json: point.histogram === null ? null : formatHistogram(point.histogram),
  };
}

/** @throws DatabaseError when the row's histogram is unusable. */
export function pointOfRow(row: SeriesPointTable): SeriesPoint {
  return {
    metric: row.metric,
    modelId: row.model_id,
    providerId: row.provider_id,
    bucketMs: row.bucket_ms,
    count: row.count,
    sum: row.sum,
    min: row.min,
    max: row.max,
    histogram:
      row.histogram_json === null
        ? null
        : parseContent(histogramContract, {
            table: "series_points",
            id: `${row.metric} ${row.model_id} ${row.bucket_ms}`,
            value: row.histogram_json,
          }),
  };
}

const histogramContract: Contract<Histogram> = {
  safeParse(value) {
    const histogram = typeof value === "string" ? parseHistogram(value) : null;
    return histogram === null ? { success: false } : { success: true, data: histogram };
  },
};
