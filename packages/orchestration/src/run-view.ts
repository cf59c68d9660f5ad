import type { CallOutcome, RunSettings, RunState } from "@tokenhub/contracts";
import type { RunView } from "./run-mode.ts";

export function viewOf(settings: RunSettings, state: Pick<RunState, "calls">): RunView {
  const answers = new Map<string, CallOutcome>();
  for (const { spec, outcome } of state.calls) if (outcome !== null) answers.set(spec.callId, outcome);
  return { settings, answers, calls: new Map(state.calls.map((call) => [call.spec.callId, call])) };
}
