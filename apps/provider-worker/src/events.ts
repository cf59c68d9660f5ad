import type { CallFailure, CallIncidentFact, CallJob, RequestResult } from "@tokenhub/contracts";
import type { ProviderReply } from "@tokenhub/providers";
import type { Recovery } from "@tokenhub/resilience";
import type { Logger, Metrics } from "@tokenhub/telemetry";
import type { CallTarget } from "./handlers/execute-call.ts";

/** The provider worker's business events: a low-cardinality count and a full log line for each. */
export interface CallEvents {
  called(job: CallJob, target: CallTarget, reply: ProviderReply, durationMs: number): void;
  failed(job: CallJob, failure: CallFailure, recovery: Recovery): void;
  ended(job: CallJob, result: RequestResult, isCommitted: boolean): void;
  handedBack(job: CallJob, incident: CallIncidentFact): void;
  redisTrouble(error: unknown): void;
}

export function createCallEvents(logger: Logger, metrics: Metrics): CallEvents {
  const calls = metrics.counter({ name: "tokenhub_provider_calls_total", help: "Upstream calls by how they began to answer.", labelNames: ["provider", "outcome"] });
  const recoveries = metrics.counter({ name: "tokenhub_provider_failures_total", help: "Failed calls by class and reaction.", labelNames: ["provider", "class", "reaction"] });
  const latency = metrics.histogram({ name: "tokenhub_provider_response_seconds", help: "Time until an upstream call began to answer.", labelNames: ["provider"] });
  const lateCommits = metrics.counter({ name: "tokenhub_late_commits_total", help: "Answers that came after another worker had ended the request.", labelNames: ["provider"] });
  return {
    called(job, _target, reply, durationMs) {
      const { providerId } = job.decision.chosen;
      calls.inc({ provider: providerId, outcome: reply.kind === "failed" ? reply.failure.class : "answered" });
      latency.observe({ provider: providerId }, durationMs / 1000);
    },
    failed(job, failure, recovery) {
      const { providerId, modelId } = job.decision.chosen;
      recoveries.inc({ provider: providerId, class: failure.class, reaction: recovery.kind });
      const { class: failureClass, code, providerStatus, providerCode, retryAfterMs } = failure;
      logger.warn({ requestId: job.requestId, round: job.round, providerId, modelId, failureClass, code, providerStatus, providerCode, retryAfterMs, reaction: recovery.kind }, failure.message);
    },
    ended(job, result, isCommitted) {
      if (!isCommitted) lateCommits.inc({ provider: job.decision.chosen.providerId });
      logger.debug({ requestId: job.requestId, outcome: result.outcome, durationMs: result.durationMs, isCommitted }, "request ended");
    },
    handedBack(job, incident) {
      logger.warn({ requestId: job.requestId, providerId: incident.providerId }, "call cut off by shutdown; another worker makes it again");
    },
    redisTrouble(error) {
      logger.error({ err: error }, "Redis does not answer");
    },
  };
}
