import { strategySchema, type RouteJob, type RoutingDecision } from "@tokenhub/contracts";
import type { RoutingOutcome } from "@tokenhub/routing";
import { stepDurationBuckets, type Logger, type Metrics } from "@tokenhub/telemetry";

/** The router's business events: a low-cardinality count and a full log line for each. */
export interface RouterEvents {
  decided(job: RouteJob, decision: RoutingDecision, durationMs: number): void;
  refused(job: RouteJob, outcome: Extract<RoutingOutcome, { kind: "refused" }>): void;
}

export function createRouterEvents(logger: Logger, metrics: Metrics): RouterEvents {
  const decisions = metrics.counter({
    name: "tokenhub_routing_decisions_total",
    help: "Routing decisions.",
    labels: { outcome: ["decided", "rerouted", "refused"], strategy: strategySchema.options },
  });
  const duration = metrics.histogram({
    name: "tokenhub_routing_decision_seconds",
    help: "Time from taking a routing job to handing it on.",
    labels: {},
    buckets: stepDurationBuckets,
  });
  return {
    decided(job, decision, durationMs) {
      decisions.add({ outcome: job.round === 0 ? "decided" : "rerouted", strategy: decision.strategy });
      duration.observe({}, durationMs / 1000);
      const level = job.round === 0 ? "debug" : "info";
      logger[level](
        {
          requestId: job.requestId,
          round: job.round,
          modelId: decision.chosen.modelId,
          providerId: decision.chosen.providerId,
          reason: decision.reason,
        },
        job.round === 0 ? "model selected" : "request escalated to another model",
      );
    },
    refused(job, { failure, skippedByReason }) {
      decisions.add({ outcome: "refused", strategy: job.features.policy.strategy });
      logger.warn(
        { requestId: job.requestId, round: job.round, code: failure.code, skippedByReason },
        "no model can take the request",
      );
    },
  };
}
