import {
  failureClassSchema,
  type CallFailure,
  type CallIncidentFact,
  type CallJob,
  type RequestResult,
} from "@tokenhub/contracts";
import type { ProviderReply } from "@tokenhub/providers";
import type { Recovery } from "@tokenhub/resilience";
import { openLabel, type Logger, type Metrics } from "@tokenhub/telemetry";
import type { CallTarget } from "./handlers/execute-call.ts";

/** The provider worker's business events: a low-cardinality count and a full log line for each. */
export interface CallEvents {
  called(job: CallJob, target: CallTarget, reply: ProviderReply, durationMs: number): void;
  failed(job: CallJob, failure: CallFailure, recovery: Recovery): void;
  ended(job: CallJob, result: RequestResult, isCommitted: boolean): void;
  handedBack(job: CallJob, incident: CallIncidentFact): void;
  /** The translation failed in a way it should not be able to. */
  translationBroke(job: CallJob, error: unknown): void;
  readonly redisTrouble: (error: unknown) => void;
}

/** Provider ids are few, but only known at run time. */
const providerLabel = openLabel({ limit: 200 });

export function createCallEvents(logger: Logger, metrics: Metrics): CallEvents {
  const calls = metrics.counter({
    name: "tokenhub_provider_calls_total",
    help: "Upstream calls by how they began to answer.",
    labels: { provider: providerLabel, outcome: ["answered", ...failureClassSchema.options] },
  });
  const recoveries = metrics.counter({
    name: "tokenhub_provider_failures_total",
    help: "Failed calls by class and reaction.",
    labels: {
      provider: providerLabel,
      class: failureClassSchema.options,
      reaction: ["retry_same", "reroute", "give_up"],
    },
  });
  const latency = metrics.histogram({
    name: "tokenhub_provider_response_seconds",
    help: "Time until an upstream call began to answer.",
    labels: { provider: providerLabel },
  });
  const lateCommits = metrics.counter({
    name: "tokenhub_late_commits_total",
    help: "Answers that came after another worker had ended the request.",
    labels: { provider: providerLabel },
  });
  return {
    called(job, _target, reply, durationMs) {
      const { providerId } = job.decision.chosen;
      calls.add({
        provider: providerId,
        outcome: reply.kind === "failed" ? reply.failure.class : "answered",
      });
      latency.observe({ provider: providerId }, durationMs / 1000);
    },
    failed(job, failure, recovery) {
      const { providerId, modelId } = job.decision.chosen;
      recoveries.add({ provider: providerId, class: failure.class, reaction: recovery.kind });
      const { class: failureClass, code, providerStatus, providerCode, retryAfterMs } = failure;
      logger.warn(
        {
          requestId: job.requestId,
          round: job.round,
          providerId,
          modelId,
          failureClass,
          code,
          providerStatus,
          providerCode,
          retryAfterMs,
          reaction: recovery.kind,
        },
        failure.message,
      );
    },
    ended(job, result, isCommitted) {
      if (!isCommitted) lateCommits.add({ provider: job.decision.chosen.providerId });
      logger.debug(
        { requestId: job.requestId, outcome: result.outcome, durationMs: result.durationMs, isCommitted },
        "request ended",
      );
    },
    handedBack(job, incident) {
      logger.warn(
        { requestId: job.requestId, providerId: incident.providerId },
        "call cut off by shutdown; another worker makes it again",
      );
    },
    translationBroke(job, error) {
      const { providerId, modelId } = job.decision.chosen;
      logger.error(
        { err: error, requestId: job.requestId, providerId, modelId },
        "the request could not be translated; this is a fault of TokenHub",
      );
    },
    redisTrouble(error) {
      logger.error({ err: error }, "Redis does not answer");
    },
  };
}
