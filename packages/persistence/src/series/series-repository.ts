import { sql, type Kysely, type SqlBool } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { percentileOf } from "./histogram.ts";
import { seriesResolutions } from "./series-metrics.ts";
import { PointCollection, pointOfRow, type SeriesPoint } from "./series-point.ts";

export interface SeriesQuery {
  readonly metric: string;
  readonly modelId?: string | undefined;
  readonly providerId?: string | undefined;
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  /**
   * Span of one point of the answer, rounded up to whole minutes; the points begin at multiples of it. Where only hours or
   * days are kept, points cannot lie closer than those.
   */
  readonly stepMs: number;
}

export interface Series {
  readonly metric: string;
  /** Null: of requests that reached no model. */
  readonly modelId: string | null;
  readonly providerId: string | null;
  /** Oldest first; spans without values are left out. */
  readonly points: readonly SeriesAggregate[];
}

export interface SeriesAggregate {
  readonly timeMs: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly average: number;
  /** Within 2.5 % of the exact value; null where the metric has no histogram. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface SeriesRepository {
  /** One series for each model and provider that has values, in their order. */
  readonly query: (query: SeriesQuery) => Promise<Series[]>;
  /** Names of the metrics that have points. */
  readonly metrics: () => Promise<string[]>;
}

const finestStepMs = seriesResolutions[0] * 1_000;

/** @param db a database, or a transaction to take part in. */
export function createSeriesRepository(db: Kysely<Schema>): SeriesRepository {
  return {
    async query(query) {
      const stepMs = Math.max(1, Math.ceil(query.stepMs / finestStepMs)) * finestStepMs;
      const collection = new PointCollection(stepMs);
      for (const part of await partsOf(db, { ...query, stepMs })) {
        for (const point of await readPart(db, { query, part })) collection.merge(point);
      }
      return groupBySeries(collection.list());
    },
    async metrics() {
      // From name to name along the key: reading every point for a handful of names would take long.
      const names: string[] = [];
      for (;;) {
        const row = await db
          .selectFrom("series_points")
          .select("metric")
          .$if(names.length > 0, (query) => query.where("metric", ">", names.at(-1) ?? ""))
          .orderBy("metric")
          .limit(1)
          .executeTakeFirst();
        if (row === undefined) return names;
        names.push(row.metric);
      }
    },
  };
}

interface Part {
  readonly resolutionS: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Which resolution answers for which time, oldest first. */
async function partsOf(
  db: Kysely<Schema>,
  { fromMs, toMs, stepMs }: Pick<SeriesQuery, "fromMs" | "toMs" | "stepMs">,
): Promise<Part[]> {
  const progress = new Map<number, { readonly madeUntilMs: number; readonly prunedBeforeMs: number }>();
  for (const row of await db.selectFrom("series_progress").selectAll().execute()) {
    progress.set(row.resolution_s, {
      madeUntilMs: row.downsampled_until_ms,
      prunedBeforeMs: row.pruned_before_ms,
    });
  }

  /** Divides a range between a resolution and the finer ones. */
  function divide(level: number, range: Omit<Part, "resolutionS">): Part[] {
    const resolutionS = seriesResolutions[level];
    if (resolutionS === undefined || range.fromMs >= range.toMs) return [];
    const finerS = seriesResolutions[level - 1];
    if (finerS === undefined) return [{ ...range, resolutionS }];
    const spanMs = resolutionS * 1_000;
    // Up to here the finer points are deleted.
    const aloneUntilMs = Math.min(range.toMs, progress.get(finerS)?.prunedBeforeMs ?? 0);
    // Whole spans serve as well as finer points when the step asks for no more.
    const isFineEnough = stepMs % spanMs === 0;
    const wholeFromMs = isFineEnough ? Math.ceil(range.fromMs / spanMs) * spanMs : range.toMs;
    const madeUntilMs = progress.get(resolutionS)?.madeUntilMs ?? 0;
    const wholeToMs = isFineEnough ? Math.min(madeUntilMs, Math.floor(range.toMs / spanMs) * spanMs) : 0;
    const fromMs = aloneUntilMs > range.fromMs ? range.fromMs : wholeFromMs;
    const toMs = Math.max(aloneUntilMs, wholeToMs);
    if (toMs <= fromMs) return divide(level - 1, range);
    return [
      ...divide(level - 1, { fromMs: range.fromMs, toMs: fromMs }),
      { resolutionS, fromMs, toMs },
      ...divide(level - 1, { fromMs: toMs, toMs: range.toMs }),
    ];
  }
  return divide(seriesResolutions.length - 1, { fromMs, toMs });
}

async function readPart(
  db: Kysely<Schema>,
  { query, part }: { readonly query: SeriesQuery; readonly part: Part },
): Promise<SeriesPoint[]> {
  const { metric, modelId, providerId } = query;
  const spanMs = part.resolutionS * 1_000;
  const rows = await db
    .selectFrom("series_points")
    .selectAll()
    .where("metric", "=", metric)
    .where("resolution_s", "=", part.resolutionS)
    // The span that the range begins in counts as a whole, as it cannot be divided.
    .where("bucket_ms", ">=", Math.floor(part.fromMs / spanMs) * spanMs)
    .where("bucket_ms", "<", part.toMs)
    .$if(modelId !== undefined, (builder) => builder.where(sql<SqlBool>`model_id = ${modelId}`))
    .$if(providerId !== undefined, (builder) => builder.where(sql<SqlBool>`provider_id = ${providerId}`))
    .execute();
  return rows.map(pointOfRow);
}

function groupBySeries(points: readonly SeriesPoint[]): Series[] {
  const series = new Map<string, Series & { readonly points: SeriesAggregate[] }>();
  for (const point of points.toSorted((left, right) => left.bucketMs - right.bucketMs)) {
    const key = `${point.modelId}\u0001${point.providerId}`;
    const found = series.get(key) ?? {
      metric: point.metric,
      modelId: point.modelId === "" ? null : point.modelId,
      providerId: point.providerId === "" ? null : point.providerId,
      points: [],
    };
    found.points.push(aggregateOf(point));
    series.set(key, found);
  }
  return [...series].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, found]) => found);
}

function aggregateOf(point: SeriesPoint): SeriesAggregate {
  const { histogram } = point;
  const at = (share: number): number | null =>
    histogram === null ? null : percentileOf(histogram, share, point);
  return {
    timeMs: point.bucketMs,
    count: point.count,
    sum: point.sum,
    min: point.min,
    max: point.max,
    average: point.sum / point.count,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  };
}
