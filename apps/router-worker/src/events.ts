import {
  failureClassSchema,
  skipReasonSchema,
  strategySchema,
  type ConsideredCandidate,
  type RouteJob,
  type RoutingDecision,
  type SkipReason,
} from "@tokenhub/contracts";
import type { RoutingOutcome } from "@tokenhub/routing";
import {
  genAi,
  openLabel,
  spanFacts,
  stepDurationBuckets,
  type JobTracing,
  type Logger,
  type Metrics,
} from "@tokenhub/telemetry";

/** The router's business events: a low-cardinality count and a full log line for each. */
export interface RouterEvents {
  decided(job: RouteJob, decision: RoutingDecision, durationMs: number): void;
  refused(job: RouteJob, outcome: Extract<RoutingOutcome, { kind: "refused" }>): void;
}

export interface RouterEventsOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Pick<JobTracing, "current">;
}

const providerLabel = openLabel({ limit: 100 });

export function createRouterEvents({ logger, metrics, tracing }: RouterEventsOptions): RouterEvents {
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
  const skips = metrics.counter({
    name: "tokenhub_routing_skips_total",
    help: "Candidates passed over, in every round, by provider and reason.",
    labels: { provider: providerLabel, reason: skipReasonSchema.options },
  });
  const escalations = metrics.counter({
    name: "tokenhub_routing_escalations_total",
    help: "Attempts to find another model after a failed one, and how they ended.",
    labels: { reason: failureClassSchema.options, outcome: ["escalated", "exhausted"] },
  });
  const countSkips = (considered: readonly ConsideredCandidate[]): void => {
    for (const { provider, reason, count } of tallySkips(considered)) skips.add({ provider, reason }, count);
  };

  return {
    decided(job, decision, durationMs) {
      const { chosen, strategy, reason } = decision;
      const failed = job.round === 0 ? null : failedBefore(job);
      decisions.add({ outcome: job.round === 0 ? "decided" : "rerouted", strategy });
      duration.observe({}, durationMs / 1000);
      countSkips(decision.considered);
      if (failed?.failureClass !== undefined)
        escalations.add({ reason: failed.failureClass, outcome: "escalated" });
      tracing.current()?.set({
        [genAi.requestModel]: job.features.requestedModel,
        [spanFacts.model]: chosen.modelId,
        [spanFacts.provider]: chosen.providerId,
        [spanFacts.strategy]: strategy,
        [spanFacts.mode]: decision.mode,
        [spanFacts.reason]: reason,
      });
      logger[job.round === 0 ? "debug" : "info"](
        { requestId: job.requestId, round: job.round, ...chosen, reason, ...failed },
        job.round === 0 ? "model selected" : "request escalated to another model",
      );
    },
    refused(job, { failure, considered, skippedByReason }) {
      const failed = job.round === 0 ? null : failedBefore(job);
      decisions.add({ outcome: "refused", strategy: job.features.policy.strategy });
      countSkips(considered);
      if (failed?.failureClass !== undefined)
        escalations.add({ reason: failed.failureClass, outcome: "exhausted" });
      tracing.current()?.fail(failure.code);
      logger.warn(
        { requestId: job.requestId, round: job.round, code: failure.code, skippedByReason, ...failed },
        "no model can take the request",
      );
    },
  };
}

/** The candidate that a later round replaces, and why. */
function failedBefore({ excluded }: RouteJob) {
  const last = excluded.at(-1);
  return {
    fromModelId: last?.modelId,
    fromProviderId: last?.providerId,
    failureClass: last?.failureClass,
  };
}

interface Skips {
  readonly provider: string;
  readonly reason: SkipReason;
  count: number;
}

/** Added up first: a large catalogue skips hundreds of models for a few reasons. That a model was not named is no reason. */
function tallySkips(considered: readonly ConsideredCandidate[]): Iterable<Skips> {
  const tally = new Map<string, Skips>();
  for (const { providerId: provider, skipReason: reason } of considered) {
    if (reason === null || reason === "not_named") continue;
    const key = `${provider} ${reason}`;
    const skips = tally.get(key);
    if (skips === undefined) tally.set(key, { provider, reason, count: 1 });
    else skips.count += 1;
  }
  return tally.values();
}
