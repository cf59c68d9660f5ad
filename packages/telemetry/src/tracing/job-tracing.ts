import { AsyncLocalStorage } from "node:async_hooks";
import { spanFacts } from "./gen-ai-attributes.ts";
import type { Span, SpanOptions, Tracer } from "./tracer.ts";

interface TracedJob {
  readonly requestId: string;
  readonly round: number;
  readonly traceparent: string | null;
}

type Handler<Job, Outcome> = (job: Job, signal: AbortSignal) => Promise<Outcome>;

/** Spans of the jobs that a worker process runs. */
export interface JobTracing {
  /**
   * Wraps a job handler so that each run is a span below the one that its job names. The handler sees its own span's context
   * as the job's `traceparent`, so that whatever it enqueues goes on from there.
   */
  wrap<Job extends TracedJob, Outcome extends { readonly kind: string }>(
    handler: Handler<Job, Outcome>,
  ): Handler<Job, Outcome>;
  /** The span of the job that the caller is working on; null outside of one. */
  current(): Span | null;
}

export interface JobSpan {
  readonly name: string;
  readonly kind: SpanOptions["kind"];
}

const untraced: JobTracing = { wrap: (handler) => handler, current: () => null };

/** @param tracer null: nothing is wrapped, and nothing is spent. */
export function createJobTracing(tracer: Tracer | null, { name, kind }: JobSpan): JobTracing {
  if (tracer === null) return untraced;
  const currentSpan = new AsyncLocalStorage<Span>();
  return {
    current: () => currentSpan.getStore() ?? null,
    wrap: (handler) => (job, signal) => {
      const span = tracer.startSpan(name, {
        kind,
        parent: job.traceparent,
        attributes: { [spanFacts.requestId]: job.requestId, [spanFacts.round]: job.round },
      });
      const run = async () => {
        try {
          const outcome = await handler({ ...job, traceparent: span.traceparent }, signal);
          span.set({ [spanFacts.jobOutcome]: outcome.kind });
          return outcome;
        } catch (error) {
          span.fail(error instanceof Error ? error.name : "unknown");
          throw error;
        } finally {
          span.end();
        }
      };
      return currentSpan.run(span, run);
    },
  };
}
