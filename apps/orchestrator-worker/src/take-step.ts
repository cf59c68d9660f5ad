import { TokenHubError, type CallFailure, type RunEvent, type RunState } from "@tokenhub/contracts";
import { callRequestId } from "@tokenhub/ledger";
import { advanceRun, runFailure, type Advance, type RunMode } from "@tokenhub/orchestration";
import type { LoadedRun, RunCause } from "./loaded-run.ts";
import type { RunDeps } from "./run-deps.ts";
import { prepareCall, type PreparedCall } from "./send-calls.ts";

/** What a look at a run comes to, with nothing of it done yet. */
export interface RunStep extends Pick<Advance, "state" | "events" | "cancel" | "isChanged"> {
  readonly calls: readonly PreparedCall[];
}

export interface StepInput {
  readonly run: LoadedRun;
  readonly mode: RunMode;
  readonly causes: readonly RunCause[];
  readonly traceparent: string | null;
}

/** Works out a run's next step. One whose calls cannot be written ends the run: tried again, it could not either. */
export function takeStep(
  deps: Pick<RunDeps, "now" | "events">,
  { run: { input, state }, mode, causes, traceparent }: StepInput,
): RunStep {
  const nowMs = deps.now();
  const advanced = advanceRun({ mode, input, state, events: causes, nowMs, callRequestId });
  try {
    const calls = advanced.submit.map((call) =>
      prepareCall({ input, state: advanced.state }, call, { traceparent }),
    );
    return { ...advanced, calls };
  } catch (error) {
    deps.events.notWritable(input, error);
    return brokenStep(state, { nowMs, failure: failureOf(error) });
  }
}

function failureOf(error: unknown): CallFailure {
  if (error instanceof TokenHubError)
    return runFailure(error.code, { class: "fatal", message: error.message });
  const message = "A call of the orchestration could not be written. Quote the run's id to the operator.";
  return runFailure("internal_error", { class: "fatal", message });
}

/** The state before the step, ended. */
function brokenStep(
  state: RunState,
  { nowMs, failure }: { readonly nowMs: number; readonly failure: CallFailure },
): RunStep {
  const outcome = { kind: "failed", failure, callId: null, artefacts: {} } as const;
  const done: RunEvent = { type: "done", atMs: nowMs, outcome };
  return {
    isChanged: true,
    state: { ...state, outcome, finishedAtMs: nowMs },
    events: [done],
    calls: [],
    cancel: [],
  };
}
