import type { RunInput, RunState } from "@tokenhub/contracts";
import type { AdvanceQuestion } from "@tokenhub/orchestration";

/** A run as it was read, and which reading that was. */
export interface LoadedRun {
  readonly input: RunInput;
  readonly state: RunState;
  readonly version: number;
}

/** What may have happened to a run. */
export type RunCause = AdvanceQuestion["events"][number];
