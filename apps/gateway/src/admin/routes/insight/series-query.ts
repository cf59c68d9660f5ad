import { TokenHubError } from "@tokenhub/contracts";
import type { SeriesQuery } from "@tokenhub/persistence";
import { z } from "zod";
import { requireOrder, timeQuery } from "./time-query.ts";

const idQuery = z.string().max(256).optional();
const stepQuery = z.coerce
  .number()
  .int()
  .min(1)
  .max(31_622_400_000)
  .optional()
  .meta({ description: "Milliseconds." });

const seriesAggregates = ["avg", "sum", "count", "min", "max", "p50", "p95", "p99"] as const;
export type SeriesAggregateName = (typeof seriesAggregates)[number];

/** Either spelling of a parameter is taken. */
export const seriesQuerySchema = z.object({
  metric: z.string().max(64).optional(),
  model: idQuery,
  model_id: idQuery,
  provider: idQuery,
  provider_id: idQuery,
  start: timeQuery.optional(),
  end: timeQuery.optional(),
  step: stepQuery,
  step_ms: stepQuery,
  agg: z.enum(seriesAggregates).default("avg").meta({ description: "What `v` of a point is." }),
});
export type SeriesQueryParameters = z.infer<typeof seriesQuerySchema>;

const minuteMs = 60_000;
const defaultSpanMs = 86_400_000;
/** Points of one series that an unstated step leads to, and that a stated one may lead to. */
const usualPoints = 500;
const mostPoints = 5_000;

/**
 * The question to the time series: the last day unless stated, in steps of whole minutes.
 * @throws TokenHubError `invalid_request` without a metric, for a range that is turned round, and for too many points.
 */
export function readSeriesQuery(
  query: SeriesQueryParameters,
  { nowMs }: { readonly nowMs: number },
): SeriesQuery {
  if (query.metric === undefined || query.metric === "") {
    throw new TokenHubError(
      "invalid_request",
      "metric parameter required. GET /admin/v1/tsdb/metrics lists the metrics that have points.",
      { param: "metric" },
    );
  }
  const toMs = query.end ?? nowMs + 1;
  const fromMs = query.start ?? toMs - defaultSpanMs;
  requireOrder({ fromMs, toMs });
  const stated = query.step ?? query.step_ms;
  const stepMs = stated === undefined ? stepFor(toMs - fromMs, usualPoints) : Math.max(minuteMs, stated);
  if ((toMs - fromMs) / stepMs > mostPoints) {
    throw new TokenHubError(
      "invalid_request",
      `That is more than ${mostPoints} points for each series. Use a step of at least ${stepFor(toMs - fromMs, mostPoints)} ms, or a shorter range.`,
      { param: "step" },
    );
  }
  return {
    metric: query.metric,
    modelId: query.model ?? query.model_id,
    providerId: query.provider ?? query.provider_id,
    fromMs,
    toMs,
    stepMs,
  };
}

function stepFor(spanMs: number, points: number): number {
  return Math.max(1, Math.ceil(spanMs / points / minuteMs)) * minuteMs;
}
