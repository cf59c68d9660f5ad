import {
  createSeriesRepository,
  seriesMetrics,
  type Series,
  type SeriesAggregate,
} from "@tokenhub/persistence";
import { TokenHubError } from "@tokenhub/contracts";
import { z } from "zod";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { mostSeriesDays, readSeriesDays, saveSeriesDays } from "../../../insight/series-days.ts";
import type { InsightDeps } from "./insight-deps.ts";
import {
  readSeriesQuery,
  seriesQuerySchema,
  type SeriesAggregateName,
  type SeriesQueryParameters,
} from "./series-query.ts";

const daysField = z.number().int().min(1).max(mostSeriesDays).optional();
const retentionSchema = z.object({ days: daysField, retention_days: daysField });
type Retention = z.infer<typeof retentionSchema>;
type Deps = Pick<InsightDeps, "db" | "insight" | "now">;

const tag = "tsdb";

/** The embedded time series: latency, cost, tokens and errors by model and provider. */
export function seriesRoutes(deps: Deps): AdminRoute[] {
  return [
    adminRoute<undefined, SeriesQueryParameters>({
      method: "get",
      path: "/tsdb/query",
      summary: "Reads a metric over a range of time: one series for each model and provider.",
      tag,
      role: "viewer",
      querySchema: seriesQuerySchema,
      action: null,
      handle: ({ query }) => answer(deps, query),
    }),
    adminRoute({
      method: "get",
      path: "/tsdb/metrics",
      summary: "Lists the metrics that have points.",
      tag,
      role: "viewer",
      action: null,
      handle: async () => reply({ metrics: await createSeriesRepository(deps.db).metrics() }),
    }),
    adminRoute({
      method: "post",
      path: "/tsdb/prune",
      summary: "Deletes the points that are past their time now.",
      tag,
      role: "operator",
      action: "tsdb.prune",
      handle: async () => reply({ deleted: await deps.insight.upkeep.pruneSeries() }),
    }),
    adminRoute({
      method: "get",
      path: "/tsdb/retention",
      summary: "Tells how many days the finest points are kept.",
      tag,
      role: "viewer",
      action: null,
      handle: async () => reply({ retention_days: await readSeriesDays(deps.db) }),
    }),
    adminRoute<Retention>({
      method: "put",
      path: "/tsdb/retention",
      summary: "Sets how many days the finest points are kept.",
      tag,
      role: "operator",
      bodySchema: retentionSchema,
      action: "tsdb.retention",
      handle: (call) => saveRetention(deps, call),
    }),
  ];
}

async function answer({ db, now }: Deps, parameters: SeriesQueryParameters): Promise<AdminReply> {
  const query = readSeriesQuery(parameters, { nowMs: now() });
  const series = await createSeriesRepository(db).query(query);
  return reply({
    series: series.map((one) => present(one, parameters.agg)),
    start: query.fromMs,
    end: query.toMs,
    step_ms: Math.ceil(query.stepMs / 60_000) * 60_000,
  });
}

async function saveRetention({ db, now }: Deps, call: AdminCall<Retention>): Promise<AdminReply> {
  const days = call.body.days ?? call.body.retention_days;
  if (days === undefined) {
    throw new TokenHubError("invalid_request", "Say in `days` how many days points are kept; at least 1.", {
      param: "days",
    });
  }
  await saveSeriesDays(db, { days, nowMs: now() });
  await call.audit.record({ resourceKind: tag, resourceId: null, detail: { days } });
  return reply({ ok: true, retention_days: days });
}

function present({ metric, modelId, providerId, points }: Series, aggregate: SeriesAggregateName) {
  // Money is kept in billionths, so that sums stay exact.
  const unit = metric in seriesMetrics ? seriesMetrics[metric as keyof typeof seriesMetrics].unit : null;
  const scale = unit === "nano_usd" ? 1e-9 : 1;
  return {
    metric,
    unit: unit === "nano_usd" ? "usd" : unit,
    ...(modelId === null ? {} : { model_id: modelId }),
    ...(providerId === null ? {} : { provider_id: providerId }),
    points: points.map((point) => presentPoint(point, { aggregate, scale })),
  };
}

function presentPoint(
  point: SeriesAggregate,
  { aggregate, scale }: { readonly aggregate: SeriesAggregateName; readonly scale: number },
) {
  const scaled = (value: number | null): number | null => (value === null ? null : value * scale);
  const values = {
    avg: scaled(point.average),
    sum: scaled(point.sum),
    count: point.count,
    min: scaled(point.min),
    max: scaled(point.max),
    p50: scaled(point.p50),
    p95: scaled(point.p95),
    p99: scaled(point.p99),
  };
  return { t: point.timeMs, v: values[aggregate], ...values };
}
