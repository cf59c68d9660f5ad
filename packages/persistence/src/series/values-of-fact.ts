import type { RequestFinishedFact } from "@tokenhub/contracts";
import { storableText } from "../storable-text.ts";
import type { SeriesMetric } from "./series-metrics.ts";
import type { SeriesValue } from "./series-point.ts";

/** What one finished request adds to the time series; see `seriesMetrics`. */
export function valuesOfFact({ result, finishedAtMs }: RequestFinishedFact): SeriesValue[] {
  const of = (metric: SeriesMetric, value: number | null): SeriesValue[] =>
    value === null
      ? []
      : [
          {
            metric,
            modelId: storableText(result.modelId ?? ""),
            providerId: storableText(result.providerId ?? ""),
            timeMs: finishedAtMs,
            value,
          },
        ];
  const { usage } = result;
  return [
    ...of("latency", result.durationMs),
    ...of("ttft", result.timeToFirstTokenMs),
    ...of("errors", result.outcome === "failed" ? 1 : null),
    ...of("cost", result.costUsd === null ? null : Math.round(result.costUsd * 1e9)),
    ...of("tokens", usage === null ? null : usage.inputTokens + usage.outputTokens),
    ...result.attempts
      .filter(({ called }) => called)
      .flatMap(({ modelId, providerId, startedAtMs, durationMs, failure }) => {
        const call = {
          modelId: storableText(modelId),
          providerId: storableText(providerId),
          timeMs: startedAtMs + durationMs,
        };
        return [
          { ...call, metric: "call_latency", value: durationMs },
          ...(failure === null ? [] : [{ ...call, metric: "call_errors", value: 1 }]),
        ];
      }),
  ];
}
