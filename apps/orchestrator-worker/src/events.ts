import type { RunInput, RunOutcome, RunState } from "@tokenhub/contracts";
import {
  openLabel,
  spanFacts,
  stepDurationBuckets,
  type JobTracing,
  type Logger,
  type Metrics,
} from "@tokenhub/telemetry";

/** The orchestrator's business events: a low-cardinality count and a full log line for each. */
export interface RunEvents {
  /** A run took a step; `sentCalls` of its calls were sent. */
  advanced(input: RunInput, step: { readonly sentCalls: number }): void;
  finished(input: RunInput, state: RunState, outcome: RunOutcome): void;
  /** Time from the end of the last call that a step waited for to the sending of what follows. */
  followed(overheadMs: number): void;
  /** Another worker saved the run in between. */
  conflicted(input: RunInput): void;
  /** Calls of a run that were sent before, and again because nothing is known of them. */
  sentAgain(input: RunInput, requestIds: readonly string[]): void;
  /** Runs that should have moved and were put before a worker again. */
  redriven(runIds: readonly string[]): void;
  /** The run's mode, or its version, is not part of this release. */
  notKnownHere(input: RunInput): void;
  /** A call that a mode wants cannot be written. */
  notWritable(input: RunInput, error: unknown): void;
  /** The queue will not run a job again although its handler never was done. */
  givenUp(runId: string, error: Error): void;
}

export interface RunEventsOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Pick<JobTracing, "current">;
}

/** Modes are few, but an operator may add some. */
const modeLabel = openLabel({ limit: 50 });

export function createRunEvents({ logger, metrics, tracing }: RunEventsOptions): RunEvents {
  const advances = metrics.counter({
    name: "tokenhub_orchestration_steps_total",
    help: "Steps that orchestrations took, each saved once.",
    labels: { mode: modeLabel },
  });
  const ends = metrics.counter({
    name: "tokenhub_orchestrations_total",
    help: "Orchestrations that ended.",
    labels: { mode: modeLabel, outcome: ["succeeded", "failed", "cancelled"] },
  });
  const overhead = metrics.histogram({
    name: "tokenhub_orchestration_overhead_seconds",
    help: "Time from the end of a call to the sending of the calls that follow from it.",
    labels: {},
    buckets: stepDurationBuckets,
  });
  const conflicts = metrics.counter({
    name: "tokenhub_orchestration_conflicts_total",
    help: "Steps taken anew because another worker had saved the orchestration in between.",
    labels: { mode: modeLabel },
  });
  const redriven = metrics.counter({
    name: "tokenhub_orchestration_redriven_total",
    help: "Times a waiting orchestration was looked at because nothing had been heard of it.",
    labels: {},
  });
  const sentAgain = metrics.counter({
    name: "tokenhub_orchestration_calls_sent_again_total",
    help: "Calls sent again because nobody had taken them up.",
    labels: { mode: modeLabel },
  });

  return {
    advanced({ runId, settings: { mode } }, { sentCalls }) {
      advances.add({ mode });
      tracing.current()?.set({ [spanFacts.mode]: mode });
      logger.debug({ runId, mode, sentCalls }, "orchestration advanced");
    },
    finished({ runId, requestId, settings: { mode } }, { attempt, calls, pastCalls }, outcome) {
      ends.add({ mode, outcome: outcome.kind });
      const code = outcome.kind === "failed" ? outcome.failure.code : undefined;
      if (code !== undefined) tracing.current()?.fail(code);
      const facts = { runId, requestId, mode, outcome: outcome.kind, code, attempt };
      logger.info({ ...facts, calls: calls.length + pastCalls.length }, "orchestration ended");
    },
    followed: (overheadMs) => overhead.observe({}, Math.max(0, overheadMs) / 1_000),
    conflicted: ({ settings: { mode } }) => conflicts.add({ mode }),
    sentAgain({ runId, settings: { mode } }, requestIds) {
      sentAgain.add({ mode }, requestIds.length);
      logger.info({ runId, mode, requestIds }, "calls of an orchestration were sent again");
    },
    redriven(runIds) {
      redriven.add({}, runIds.length);
      logger.debug({ runIds }, "orchestrations looked at again");
    },
    notKnownHere({ runId, settings: { mode, modeVersion } }) {
      logger.warn(
        { runId, mode, modeVersion },
        "an orchestration of a mode that this release does not know waits",
      );
    },
    notWritable({ runId, settings: { mode, modeVersion } }, error) {
      logger.error({ runId, mode, modeVersion, err: error }, "a call of an orchestration cannot be written");
    },
    givenUp(runId, error) {
      logger.error(
        { runId, err: error },
        "a step of an orchestration failed on every attempt; it is tried again later",
      );
    },
  };
}
