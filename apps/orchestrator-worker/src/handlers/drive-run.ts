import type { OrchestrateJob, RunState } from "@tokenhub/contracts";
import type { SaveOutcome } from "@tokenhub/ledger";
import { outstandingCalls, type RunMode } from "@tokenhub/orchestration";
import type { JobHandler, JobOutcome } from "@tokenhub/queue";
import { closeRun } from "../close-run.ts";
import { endedFactOf } from "../final-result.ts";
import { callGraceMs, gatherCauses } from "../gather-causes.ts";
import type { LoadedRun, RunCause } from "../loaded-run.ts";
import { isReminder } from "../reconciler.ts";
import type { RunDeps } from "../run-deps.ts";
import { sendAgain } from "../send-again.ts";
import { sendCalls } from "../send-calls.ts";
import { takeStep, type RunStep } from "../take-step.ts";

/** Steps tried when other workers save the same run in between; calls that end together are the usual reason. */
const conflictLimit = 5;
const conflictSnoozeMs = 100;
/** How soon a run is looked at again that waits for a release which knows its mode. */
const unknownModeSnoozeMs = 15_000;
/** How long the state of a run outlives its last deadline when nobody touches it any more. */
const keptAfterDeadlineMs = 3_600_000;
/** After this, an end that was saved and not announced is announced by another worker. */
const closeRepairMs = 5_000;

const done: JobOutcome = { kind: "done" };

/**
 * Looks at a run and does whatever is to be done now. The job brings no news: what has happened stands in the stores, so that
 * jobs may be lost, repeated or late. A step is saved with compare-and-set before any of it is carried out, and whatever is
 * carried out may be carried out again.
 */
export function createDriveRun(deps: RunDeps): JobHandler<OrchestrateJob> {
  return async (job) => {
    for (let attempt = 0; attempt < conflictLimit; attempt += 1) {
      const outcome = await lookAtRun(deps, job);
      if (outcome !== "conflict") return outcome;
    }
    return { kind: "snooze", delayMs: conflictSnoozeMs };
  };
}

async function lookAtRun(deps: RunDeps, job: OrchestrateJob): Promise<JobOutcome | "conflict"> {
  const loaded = await deps.runs.load(job.runId, { withInput: true });
  if (loaded === null || loaded.input === null) {
    await deps.runs.settle(job.runId, { version: 0 });
    return done;
  }
  const { announced, ...found } = loaded;
  const run: LoadedRun = { ...found, input: loaded.input };
  const { mode: name, modeVersion } = run.input.settings;
  const mode = deps.modes.find(name, modeVersion);
  if (mode !== null) return moveRun(deps, job, { run, mode, announced });
  if (run.state.outcome !== null) {
    if (!announced) await closeRun(deps, run, run.state.outcome);
    return done;
  }
  deps.events.notKnownHere(run.input);
  // A reminder comes again by itself.
  return isReminder(job.cause) ? done : { kind: "snooze", delayMs: unknownModeSnoozeMs };
}

interface FoundRun {
  readonly run: LoadedRun;
  readonly mode: RunMode;
  readonly announced: boolean;
}

async function moveRun(
  deps: RunDeps,
  { cause, traceparent }: OrchestrateJob,
  { run, mode, announced }: FoundRun,
): Promise<JobOutcome | "conflict"> {
  const causes = await gatherCauses(deps, run);
  const step = takeStep(deps, { run, mode, causes, traceparent });
  if (!step.isChanged) {
    if (run.state.outcome === null) await keepMoving(deps, run, { cause, traceparent });
    else if (!announced) await closeRun(deps, run, run.state.outcome);
    return done;
  }
  const saved = await save(deps, run, step);
  if (saved.kind === "conflict") deps.events.conflicted(run.input);
  if (saved.kind !== "saved") return saved.kind === "gone" ? done : "conflict";
  await carryOut(deps, { before: run, version: saved.version, step, causes });
  return done;
}

/** A run that waits: what it waits for is to be under way. */
async function keepMoving(
  deps: RunDeps,
  run: LoadedRun,
  { cause, traceparent }: Pick<OrchestrateJob, "cause" | "traceparent">,
): Promise<void> {
  await sendAgain(deps, run, { traceparent, isReminder: isReminder(cause) });
  if (isReminder(cause)) await remindInTime(deps, run);
}

function save(
  deps: RunDeps,
  run: LoadedRun,
  { state, events }: Pick<RunStep, "state" | "events">,
): Promise<SaveOutcome> {
  const { runId, deadlineAtMs } = run.input;
  const nowMs = deps.now();
  const lastDeadlineMs = Math.max(deadlineAtMs, ...state.calls.map((call) => call.deadlineAtMs));
  // The fact of an end goes with the result, unless there is one already: of an attempt before, or of this one's end when a
  // call that was under way then is counted late.
  const hasResult = state.outcome !== null && (state.attempt > 1 || run.state.outcome !== null);
  return deps.runs.save({
    runId,
    expectedVersion: run.version,
    state,
    events,
    dueAtMs: dueAtMsOf(state, { nowMs, repairAfterMs: deps.repairAfterMs }),
    ttlMs: Math.max(0, lastDeadlineMs - nowMs) + keptAfterDeadlineMs,
    ...(hasResult ? { factJson: JSON.stringify(endedFactOf(run.input, state)) } : {}),
  });
}

interface SavedStep {
  readonly before: LoadedRun;
  readonly version: number;
  readonly step: RunStep;
  readonly causes: readonly RunCause[];
}

/** The effects of a step that is saved. A worker that dies in here leaves the rest to the redelivery of its job. */
async function carryOut(deps: RunDeps, { before, version, step, causes }: SavedStep): Promise<void> {
  const { input } = before;
  const { state, calls } = step;
  deps.events.advanced(input, { sentCalls: calls.length });
  await Promise.all([sendCalls(deps, calls), ...step.cancel.map((id) => deps.cancelCall(id))]);
  const endedAtMs = causes.flatMap((cause) =>
    cause.kind === "call_ended" ? [cause.outcome.finishedAtMs] : [],
  );
  if (endedAtMs.length > 0 && calls.length > 0) deps.events.followed(deps.now() - Math.max(...endedAtMs));
  if (state.outcome === null) return;
  if (before.state.outcome === null) deps.events.finished(input, state, state.outcome);
  await closeRun(deps, { input, state, version }, state.outcome);
}

/** When the run is to be looked at although nothing is heard: in a while, and as soon as a call is overdue. */
function dueAtMsOf(
  state: RunState,
  { nowMs, repairAfterMs }: { readonly nowMs: number; readonly repairAfterMs: number },
): number {
  if (state.outcome !== null) return nowMs + Math.min(closeRepairMs, repairAfterMs);
  const overdue = outstandingCalls(state).map(({ deadlineAtMs }) => deadlineAtMs + callGraceMs);
  return Math.min(nowMs + repairAfterMs, ...overdue);
}

/** The next reminder is sent after `repairAfterMs`; a call that is overdue before that needs one of its own. */
async function remindInTime(deps: RunDeps, run: LoadedRun): Promise<void> {
  const nowMs = deps.now();
  const dueAtMs = dueAtMsOf(run.state, { nowMs, repairAfterMs: deps.repairAfterMs });
  if (dueAtMs < nowMs + deps.repairAfterMs) await save(deps, run, { state: run.state, events: [] });
}
