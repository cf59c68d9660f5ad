import type { Metrics } from "@tokenhub/telemetry";
import type { RequestHandler } from "express";

/** `GET /metrics`: Prometheus text, without authentication. */
export function serveMetrics(metrics: Pick<Metrics, "registry">): RequestHandler {
  return async (_request, response) => {
    response.setHeader("content-type", metrics.registry.contentType);
    response.send(await metrics.registry.metrics());
  };
}
