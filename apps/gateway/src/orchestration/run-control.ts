import {
  TokenHubError,
  type Keyspace,
  type RunChangedFact,
  type RunInput,
  type RunOutcome,
  type RunState,
} from "@tokenhub/contracts";
import { callRequestId, type RunStore } from "@tokenhub/ledger";
import { advanceRun, type ModeRegistry } from "@tokenhub/orchestration";
import type { RunRepository } from "@tokenhub/persistence";
import { cancelRequest, queueUnavailable, type JobProducer } from "@tokenhub/queue";
import type { Redis } from "ioredis";
import { findRun, type FoundRun } from "./find-run.ts";

/** What steering a run from outside needs. */
export interface RunControlDeps {
  readonly runs: Pick<RunStore, "create" | "load" | "readEvents" | "save">;
  readonly records: Pick<RunRepository, "get">;
  readonly modes: Pick<ModeRegistry, "find">;
  readonly producer: Pick<JobProducer, "addOrchestrate">;
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly now: () => number;
}

/** `cancelling`: an orchestrator ends the run as soon as it has looked at it. */
export type CancelledRun =
  | { readonly kind: "missing" }
  | { readonly kind: "cancelling"; readonly run: FoundRun }
  /** It had ended before; `outcome` says how. */
  | { readonly kind: "ended"; readonly run: FoundRun; readonly outcome: RunOutcome };

export type RetriedRun =
  | { readonly kind: "missing" }
  | { readonly kind: "retried"; readonly input: RunInput; readonly state: RunState }
  /** Only what failed or was cancelled can be retried. */
  | { readonly kind: "not_retryable"; readonly status: "running" | "succeeded" }
  /** This installation has the mode no more, in the version that the run began with. */
  | { readonly kind: "mode_missing"; readonly mode: string; readonly version: number };

/** How long the state of a run outlives its deadline when nobody touches it any more. */
const keptAfterDeadlineMs = 3_600_000;
/** After this, a run whose job was lost is looked at all the same. */
const dueAfterMs = 5_000;
/** Attempts to save when others save the same run in between. */
const conflictLimit = 5;

/**
 * Ends a run: nothing more is begun, and calls under way are stopped. Whatever has been answered stays. May be repeated. A run
 * that Redis has lost is put back from the books, so that it ends there too.
 * @throws TokenHubError `queue_unavailable`, and then the call may be repeated.
 */
export async function cancelRun(deps: RunControlDeps, runId: string): Promise<CancelledRun> {
  const run = await findRun(deps, runId);
  if (run === null) return { kind: "missing" };
  if (run.state.outcome !== null) return { kind: "ended", run, outcome: run.state.outcome };
  if (!run.isStored) await putBack(deps, run);
  await reached(cancelRequest(deps.redis, deps.keyspace, run.input.requestId));
  await lookAt(deps, run.input, "cancel");
  return { kind: "cancelling", run };
}

/**
 * Takes up a run that failed or was cancelled, from the call that failed; what was answered is not asked again. Of several
 * that retry the same run at once one does, and the others find it running.
 * @param modelId for the calls that are made again, instead of the model that the run was to use; null: as before. Whether
 * there is such a model is the caller's to check.
 * @throws TokenHubError `queue_unavailable`, and then the call may be repeated; `conflict`.
 */
export async function retryRun(
  deps: RunControlDeps,
  { runId, modelId }: { readonly runId: string; readonly modelId: string | null },
): Promise<RetriedRun> {
  for (let tries = 0; tries < conflictLimit; tries += 1) {
    const outcome = await tryRetry(deps, { runId, modelId });
    if (outcome !== "again") return outcome;
  }
  throw new TokenHubError("conflict", "The run is being changed by others. Look at it and try again.");
}

async function tryRetry(
  deps: RunControlDeps,
  { runId, modelId }: { readonly runId: string; readonly modelId: string | null },
): Promise<RetriedRun | "again"> {
  const found = await findRun(deps, runId);
  if (found === null) return { kind: "missing" };
  const obstacle = obstacleOf(found.state);
  if (obstacle !== null) return obstacle;
  const { mode: name, modeVersion: version } = found.input.settings;
  const mode = deps.modes.find(name, version);
  if (mode === null) return { kind: "mode_missing", mode: name, version };

  if (!found.isStored) await putBack(deps, found);
  const loaded = await reached(deps.runs.load(runId, { withInput: true }));
  if (loaded === null || loaded.input === null) return "again";
  const { input } = loaded;
  const nowMs = deps.now();
  const advanced = advanceRun({
    mode,
    input,
    state: loaded.state,
    events: [{ kind: "retry", modelId }],
    nowMs,
    callRequestId,
  });
  if (!advanced.isChanged) return obstacleOf(loaded.state) ?? "again";
  const { state, events } = advanced;
  // It would end the run again.
  await reached(deps.redis.del(deps.keyspace.cancelFlag(input.requestId)));
  const saved = await reached(
    deps.runs.save({
      runId,
      expectedVersion: loaded.version,
      state,
      events,
      dueAtMs: nowMs + dueAfterMs,
      ttlMs: ttlMsOf(input, { state, nowMs }),
      factJson: JSON.stringify(factOf(input, { state, nowMs })),
    }),
  );
  if (saved.kind !== "saved") return "again";
  await lookAt(deps, input, `retry-${state.attempt}`);
  return { kind: "retried", input, state };
}

function obstacleOf({ outcome }: RunState): Extract<RetriedRun, { kind: "not_retryable" }> | null {
  const status = outcome?.kind ?? "running";
  return status === "running" || status === "succeeded" ? { kind: "not_retryable", status } : null;
}

/** Puts a run back that is in the books only; when somebody else has done so in between that is as good. */
async function putBack(
  { runs, now }: RunControlDeps,
  { input, state }: Pick<FoundRun, "input" | "state">,
): Promise<void> {
  const nowMs = now();
  await reached(
    runs.create({
      input,
      state,
      fact: factOf(input, { state, nowMs }),
      dueAtMs: nowMs + dueAfterMs,
      ttlMs: ttlMsOf(input, { state, nowMs }),
    }),
  );
}

async function lookAt({ producer }: RunControlDeps, input: RunInput, cause: string): Promise<void> {
  const { runId, traceparent } = input;
  await reached(producer.addOrchestrate({ v: 1, runId, cause, traceparent }));
}

/** @throws TokenHubError `queue_unavailable` for a Redis that cannot be reached. */
function reached<Reply>(work: Promise<Reply>): Promise<Reply> {
  return work.catch((error: unknown) => {
    throw error instanceof TokenHubError ? error : queueUnavailable(error);
  });
}

interface Moment {
  readonly state: RunState;
  readonly nowMs: number;
}

function ttlMsOf(input: RunInput, { state, nowMs }: Moment): number {
  const lastDeadlineMs = Math.max(input.deadlineAtMs, ...state.calls.map(({ deadlineAtMs }) => deadlineAtMs));
  return Math.max(0, lastDeadlineMs - nowMs) + keptAfterDeadlineMs;
}

function factOf(input: RunInput, { state, nowMs }: Moment): RunChangedFact {
  const what = state.outcome === null ? "begun" : "ended";
  return {
    v: 1,
    type: "run-changed",
    eventId: `evt_${input.runId}_${state.attempt}_${what}`,
    occurredAtMs: nowMs,
    input,
    state,
  };
}
