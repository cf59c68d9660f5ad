import {
  failureClassSchema,
  type CallFailure,
  type CallIncidentFact,
  type CallJob,
  type RequestResult,
} from "@tokenhub/contracts";
import type { ProviderReply } from "@tokenhub/providers";
import type { Recovery } from "@tokenhub/resilience";
import {
  genAi,
  openLabel,
  spanFacts,
  type JobTracing,
  type Logger,
  type Metrics,
  type SpanAttributes,
} from "@tokenhub/telemetry";
import type { CallTarget } from "./handlers/execute-call.ts";

/** The provider worker's business events: a low-cardinality count and a full log line for each. */
export interface CallEvents {
  called(job: CallJob, target: CallTarget, reply: ProviderReply, durationMs: number): void;
  failed(job: CallJob, failure: CallFailure, recovery: Recovery): void;
  ended(job: CallJob, result: RequestResult, isCommitted: boolean): void;
  handedBack(job: CallJob, incident: CallIncidentFact): void;
  /** A call was not made because the limit kept towards its provider is used up for `waitMs`. */
  throttled(job: CallJob, reaction: ThrottleReaction, waitMs: number): void;
  /** The provider said with an answer that its own limit is used up. */
  usedUp(job: CallJob, cooldownMs: number): void;
  /** The translation failed in a way it should not be able to. */
  translationBroke(job: CallJob, error: unknown): void;
  readonly redisTrouble: (error: unknown) => void;
}

const throttleReactions = ["wait", "reroute", "refuse"] as const;
type ThrottleReaction = (typeof throttleReactions)[number];

/** Provider ids are few, but only known at run time. */
const providerLabel = openLabel({ limit: 100 });

export interface CallEventsOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Pick<JobTracing, "current">;
}

export function createCallEvents({ logger, metrics, tracing }: CallEventsOptions): CallEvents {
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
  const throttles = metrics.counter({
    name: "tokenhub_provider_throttled_total",
    help: "Calls that the limit kept towards a provider held back, by what became of the request: `wait`, `reroute`, `refuse`.",
    labels: { provider: providerLabel, reaction: throttleReactions },
  });
  const exhaustions = metrics.counter({
    name: "tokenhub_provider_limits_exhausted_total",
    help: "Answers with which a provider said that its own limit is used up.",
    labels: { provider: providerLabel },
  });
  return {
    called(job, target, reply, durationMs) {
      const { providerId } = job.decision.chosen;
      tracing.current()?.set(callFacts(job, target));
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
      const span = tracing.current();
      span?.set({ [spanFacts.httpStatus]: providerStatus, [spanFacts.reaction]: recovery.kind });
      span?.fail(failureClass);
      logger.warn(
        {
          requestId: job.requestId,
          round: job.round,
          providerId,
          modelId,
          problem: problemOf(failure),
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
      const span = tracing.current();
      span?.set(resultFacts(result));
      if (result.failure !== null) span?.fail(result.failure.class);
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
    throttled(job, reaction, waitMs) {
      const { providerId, modelId } = job.decision.chosen;
      throttles.add({ provider: providerId, reaction });
      logger.debug({ requestId: job.requestId, providerId, modelId, reaction, waitMs }, "call held back");
    },
    usedUp(job, cooldownMs) {
      const { providerId } = job.decision.chosen;
      exhaustions.add({ provider: providerId });
      logger.info(
        { requestId: job.requestId, providerId, cooldownMs },
        "the provider's own limit is used up; requests with a choice go elsewhere",
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

/** What an operator would look at first: the key, the status page, the network. */
function problemOf({ class: failureClass, code, providerStatus }: CallFailure): string {
  switch (failureClass) {
    case "auth":
      return "key";
    case "quota_exhausted":
      return "quota";
    case "rate_limited":
      return "rate limit";
    case "bad_request":
    case "context_overflow":
      return "request";
    case "cancelled":
    case "deadline":
      return failureClass;
    case "transient":
    case "fatal":
      if (code === "provider_unreachable") return "connectivity";
      if (code === "provider_timeout") return "timeout";
      if (code === "provider_bad_response" || code === "stream_interrupted") return "answer";
      return providerStatus === null ? "internal" : "status";
  }
}

function callFacts({ features, decision, attempts }: CallJob, target: CallTarget): SpanAttributes {
  return {
    [genAi.operationName]: features.operation,
    [genAi.providerName]: target.provider.type,
    [genAi.requestModel]: target.model.upstreamName,
    [genAi.requestStream]: features.stream,
    [genAi.requestMaxTokens]: features.maxOutputTokens,
    [spanFacts.model]: decision.chosen.modelId,
    [spanFacts.provider]: decision.chosen.providerId,
    [spanFacts.attempts]: attempts.length + 1,
  };
}

function resultFacts(result: RequestResult): SpanAttributes {
  const { usage, finishReason, upstreamModel, attempts, timeToFirstTokenMs } = result;
  return {
    [genAi.responseModel]: upstreamModel,
    [genAi.responseFinishReasons]: finishReason === null ? null : [finishReason.unified],
    [genAi.inputTokens]: usage?.inputTokens,
    [genAi.outputTokens]: usage?.outputTokens,
    [genAi.cacheReadInputTokens]: usage?.cacheReadTokens,
    [genAi.cacheCreationInputTokens]: usage?.cacheWriteTokens,
    [genAi.reasoningOutputTokens]: usage?.reasoningTokens,
    [spanFacts.attempts]: attempts.length,
    [spanFacts.timeToFirstTokenMs]: timeToFirstTokenMs,
  };
}
