import type { RouteJob, RunCall } from "@tokenhub/contracts";
import { renderCall } from "@tokenhub/orchestration";
import type { LoadedRun } from "./loaded-run.ts";
import type { RunDeps } from "./run-deps.ts";

/** A call's body outlives its deadline, for whoever takes it over from a worker that died. */
const bodyMarginMs = 600_000;

/** A call with everything that is sent of it. */
export interface PreparedCall {
  readonly bodyText: string;
  readonly job: RouteJob;
}

/** @throws Error when a mode's template or values cannot be filled in. */
export function prepareCall(
  { input, state }: Pick<LoadedRun, "input" | "state">,
  call: RunCall,
  { traceparent }: { readonly traceparent: string | null },
): PreparedCall {
  const { bodyText, features } = renderCall({ input, state, spec: call.spec });
  return {
    bodyText,
    job: {
      v: 1,
      requestId: call.requestId,
      tenantId: input.tenantId,
      projectId: input.projectId,
      keyId: input.keyId,
      lane: input.lane,
      traceparent: traceparent ?? input.traceparent,
      acceptedAtMs: call.startedAtMs,
      deadlineAtMs: call.deadlineAtMs,
      replyTo: input.streamsCalls ? input.runId : null,
      runId: input.runId,
      callId: call.spec.callId,
      features,
      formatHeaders: {},
      round: 0,
      excluded: [],
      attempts: [],
      lastDecision: null,
    },
  };
}

/**
 * Sends calls as ordinary requests. Their ids follow from the run, so that sending one again changes nothing: its body is
 * kept, its job is there already or finds the ledger's row.
 */
export async function sendCalls(deps: RunDeps, calls: readonly PreparedCall[]): Promise<void> {
  await Promise.all(
    calls.flatMap(({ bodyText, job }) => {
      const ttlMs = Math.max(0, job.deadlineAtMs - deps.now()) + bodyMarginMs;
      const key = deps.keyspace.requestBody(job.requestId);
      return [deps.redis.set(key, bodyText, "PX", Math.ceil(ttlMs), "NX"), deps.producer.addRoute(job)];
    }),
  );
}
