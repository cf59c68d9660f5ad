import type { RunCall, RunInput, RunState } from "@tokenhub/contracts";
import { renderCall, reportOf } from "@tokenhub/orchestration";
import type { RunSummary } from "@tokenhub/persistence";
import type { KeyNames } from "../../../insight/key-names.ts";
import { timeText, usdOf } from "../../fields.ts";

type Names = Pick<KeyNames, "of">;

/** One line of the list. */
export function presentRunSummary(run: RunSummary, names: Names) {
  return {
    id: run.runId,
    object: "orchestration",
    request_id: run.requestId,
    timestamp: timeText(run.createdAtMs),
    tenant_id: run.tenantId,
    project_id: run.projectId,
    api_key_id: run.keyId,
    api_key_name: names.of(run.keyId),
    mode: run.mode,
    status: run.status,
    error_code: run.errorCode,
    created_at: secondsOf(run.createdAtMs),
    finished_at: run.finishedAtMs === null ? null : secondsOf(run.finishedAtMs),
    duration_ms: run.finishedAtMs === null ? null : Math.max(0, run.finishedAtMs - run.createdAtMs),
    attempt: run.attempt,
    calls: run.callCount,
    input_tokens: run.inputTokens,
    output_tokens: run.outputTokens,
    total_tokens: run.inputTokens + run.outputTokens,
    cost_usd: usdOf(run.costNanoUsd),
  };
}

export interface RunView {
  readonly input: RunInput;
  readonly state: RunState;
  /** Whether it is the state of this moment; else what the books hold. */
  readonly isLive: boolean;
  readonly names: Names;
  /** Whether prompts and answers are part of it. */
  readonly showsTexts: boolean;
}

/** The public report of a run, with whose it is, how it was started, and the prompt that each phase was sent. */
export function presentRun({ input, state, isLive, names, showsTexts }: RunView) {
  const report = reportOf(input, state);
  const calls = new Map([...state.pastCalls, ...state.calls].map((call) => [call.requestId, call]));
  const { settings } = input;
  return {
    ...report,
    ...(showsTexts ? {} : { result: null, artefacts: {} }),
    phases: report.phases.map((phase) => ({
      ...phase,
      ...(showsTexts
        ? { prompt: promptOf(calls.get(phase.request_id), { input, state }) }
        : { output: null, prompt: null }),
    })),
    shows_texts: showsTexts,
    source: isLive ? "live" : "records",
    request_id: input.requestId,
    tenant_id: input.tenantId,
    project_id: input.projectId,
    api_key_id: input.keyId,
    api_key_name: names.of(input.keyId),
    lane: input.lane,
    attempt: state.attempt,
    timestamp: timeText(input.acceptedAtMs),
    deadline: timeText(input.deadlineAtMs),
    max_cost_usd: input.maxCostUsd,
    settings: {
      mode: settings.mode,
      mode_version: settings.modeVersion,
      rounds: settings.rounds,
      voters: settings.voters,
      plan_only: settings.planOnly,
      refines: settings.refines,
      stops_when_accepted: settings.stopsWhenAccepted,
      primary: presentWish(settings.primary),
      review: presentWish(settings.review),
      ...(showsTexts ? { options: settings.options } : {}),
    },
  };
}

/** What a call was sent: the conversation and its parameters in the OpenAI chat format. Null when it cannot be made again. */
function promptOf(
  call: RunCall | undefined,
  { input, state }: { readonly input: RunInput; readonly state: RunState },
): unknown {
  if (call === undefined) return null;
  try {
    return JSON.parse(renderCall({ input, state, spec: call.spec }).bodyText) as unknown;
  } catch {
    // A mode of the operator's own may have been changed under a run: the rest of it is shown all the same.
    return null;
  }
}

function presentWish({ modelId, allowFallback, minWeight }: RunInput["settings"]["primary"]) {
  return { model: modelId, allow_fallback: allowFallback, min_weight: minWeight };
}

function secondsOf(timeMs: number): number {
  return Math.floor(timeMs / 1_000);
}
