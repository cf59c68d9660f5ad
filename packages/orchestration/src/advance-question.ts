import type { CallOutcome, RunCall, RunEvent, RunInput, RunState } from "@tokenhub/contracts";
import type { RunMode } from "./run-mode.ts";

/** What may have happened to a run. */
export type RunCause =
  | { readonly kind: "start" }
  | { readonly kind: "call_ended"; readonly requestId: string; readonly outcome: CallOutcome }
  | { readonly kind: "cancel" }
  /** Takes a failed or cancelled run up again; the calls that failed go to this model, when one is named. */
  | { readonly kind: "retry"; readonly modelId: string | null };

export interface AdvanceQuestion {
  /** Of the name and version in the settings. */
  readonly mode: RunMode;
  readonly input: RunInput;
  readonly state: RunState;
  readonly events: readonly RunCause[];
  readonly nowMs: number;
  /** The request id of a call; the same for the same arguments. */
  readonly callRequestId: (runId: string, callId: string, attempt: number) => string;
}

export interface Advance {
  readonly state: RunState;
  /** For those who follow the run, in order. */
  readonly events: readonly RunEvent[];
  /** Calls that begin now. */
  readonly submit: readonly RunCall[];
  /** Request ids of calls nobody waits for any more; named each time an ended run is looked at, for the word may get lost. */
  readonly cancel: readonly string[];
  /** Whether `state` differs from what came in. */
  readonly isChanged: boolean;
}
