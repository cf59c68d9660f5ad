import {
  routingPolicySchema,
  idFrom,
  type CallOutcome,
  type RunCall,
  type RunInput,
  type RunSettings,
  type RunState,
} from "@tokenhub/contracts";
import type { Advance, RunCause } from "./advance-question.ts";
import { advanceRun } from "./advance-run.ts";
import { defaultSettings } from "./default-settings.ts";
import { modeRegistry } from "./mode-registry.ts";
import { runFailure } from "./run-failure.ts";
import type { RunMode } from "./run-mode.ts";
import { newRunState, outstandingCalls } from "./run-state.ts";

/** Runs as the tests of this package need them. */

export const testNowMs = 1_760_000_000_000;

export function modeNamed(name: string): RunMode {
  const mode = modeRegistry().find(name);
  if (mode === null) throw new Error(`There is no mode ${name}.`);
  return mode;
}

export function settingsFor(mode: RunMode, stated: Partial<RunSettings> = {}): RunSettings {
  const normalised = mode.normalise({ ...defaultSettings(mode), ...stated });
  if (normalised.kind === "invalid") throw new Error(normalised.message);
  return normalised.settings;
}

export interface TestInput extends Partial<Omit<RunInput, "settings" | "features">> {
  readonly mode: RunMode;
  readonly settings?: Partial<RunSettings>;
  readonly features?: Partial<RunInput["features"]>;
}

export function inputFor({ mode, settings, features, ...stated }: TestInput): RunInput {
  return {
    v: 1,
    runId: "run_0123456789abcdef0123456789abcdef",
    requestId: idFrom("request", "0123456789abcdef0123456789abcdef"),
    tenantId: "tenant",
    projectId: null,
    keyId: null,
    lane: "interactive",
    traceparent: null,
    acceptedAtMs: testNowMs,
    deadlineAtMs: testNowMs + 600_000,
    callTimeoutMs: 60_000,
    replyTo: null,
    settings: settingsFor(mode, settings),
    templates: { ...mode.templates },
    bodyText: JSON.stringify({ messages: [{ role: "user", content: "Design a system" }] }),
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream: false,
      requestedModel: null,
      estimatedInputTokens: 100,
      maxOutputTokens: null,
      needs: [],
      allowedModelIds: null,
      policy: routingPolicySchema.parse({}),
      ...features,
    },
    maxCostUsd: null,
    worstCaseCostUsd: null,
    streamsCalls: false,
    ...stated,
  };
}

export function answered(
  text: string,
  stated: Partial<Extract<CallOutcome, { kind: "answered" }>> = {},
): CallOutcome {
  return {
    kind: "answered",
    text,
    toolCalls: null,
    finishReason: "stop",
    modelId: "model-a",
    providerId: "provider-a",
    usage: {
      inputTokens: 10,
      outputTokens: 5,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      source: "provider",
    },
    costUsd: 0.001,
    finishedAtMs: testNowMs + 500,
    ...stated,
  };
}

export function failed(
  code: "provider_timeout" | "provider_error" | "stream_interrupted" = "provider_error",
): CallOutcome {
  return {
    kind: "failed",
    failure: runFailure(code, { class: "transient", message: `It failed with ${code}.` }),
    modelId: null,
    providerId: null,
    usage: null,
    costUsd: null,
    finishedAtMs: testNowMs + 500,
  };
}

/** Readable, and the same for the same call. */
export function testRequestId(_runId: string, callId: string, attempt: number): string {
  return `${callId}/${attempt}`;
}

export interface TestRun {
  readonly input: RunInput;
  readonly mode: RunMode;
}

export function look({ input, mode }: TestRun, state: RunState, ...events: RunCause[]): Advance {
  return advanceRun({ mode, input, state, events, nowMs: testNowMs, callRequestId: testRequestId });
}

export function ended(call: RunCall, outcome: CallOutcome): RunCause {
  return { kind: "call_ended", requestId: call.requestId, outcome };
}

/** A run from its start until nothing is outstanding; each call ends as `outcomeOf` says. Lists the calls in their order. */
export function runThrough(
  run: TestRun,
  outcomeOf: (call: RunCall) => CallOutcome,
): { readonly state: RunState; readonly calls: readonly RunCall[]; readonly ids: readonly string[] } {
  let advance = look(run, newRunState(), { kind: "start" });
  const calls = [...advance.submit];
  for (let next = outstandingCalls(advance.state)[0]; next !== undefined && advance.state.outcome === null;) {
    advance = look(run, advance.state, ended(next, outcomeOf(next)));
    calls.push(...advance.submit);
    next = outstandingCalls(advance.state)[0];
  }
  return { state: advance.state, calls, ids: calls.map(({ spec }) => spec.callId) };
}

/** What a succeeded run came to. @throws Error when it did not succeed */
export function successOf(state: RunState): Extract<RunState["outcome"], { kind: "succeeded" }> {
  if (state.outcome?.kind !== "succeeded") throw new Error(`The run is ${JSON.stringify(state.outcome)}.`);
  return state.outcome;
}

/** @throws Error when the run did not fail */
export function failureOf(state: RunState): Extract<RunState["outcome"], { kind: "failed" }> {
  if (state.outcome?.kind !== "failed") throw new Error(`The run is ${JSON.stringify(state.outcome)}.`);
  return state.outcome;
}
