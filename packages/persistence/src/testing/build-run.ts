import {
  routingPolicySchema,
  type CallOutcome,
  type RunCall,
  type RunChangedFact,
  type RunInput,
  type RunOutcome,
  type RunState,
} from "@tokenhub/contracts";
import { requestIdOf } from "./build-fact.ts";

const baseMs = 1_795_000_000_000;
const wish = { modelId: null, allowFallback: false, minWeight: null };

/** A run id of the right form for a number. */
export function runIdOf(number: number): string {
  return `run_${String(number).padStart(24, "0")}`;
}

/** What an adversarial run was started with; `number` makes its ids and its time. */
export function buildRunInput(number: number, input: Partial<RunInput> = {}): RunInput {
  return {
    v: 1,
    runId: runIdOf(number),
    requestId: requestIdOf(number),
    tenantId: "tenant-a",
    projectId: "prj_search",
    keyId: "key_one",
    lane: "interactive",
    traceparent: null,
    acceptedAtMs: baseMs + number,
    deadlineAtMs: baseMs + number + 300_000,
    callTimeoutMs: 60_000,
    replyTo: null,
    settings: {
      mode: "adversarial",
      modeVersion: 1,
      rounds: 1,
      voters: 0,
      planOnly: false,
      refines: true,
      stopsWhenAccepted: false,
      primary: wish,
      review: wish,
      options: {},
    },
    templates: { "plan.system": "You plan." },
    bodyText: JSON.stringify({ messages: [{ role: "user", content: "a question with \0 and \ud800" }] }),
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream: false,
      requestedModel: null,
      estimatedInputTokens: 12,
      maxOutputTokens: null,
      needs: [],
      allowedModelIds: null,
      policy: routingPolicySchema.parse({}),
    },
    maxCostUsd: null,
    worstCaseCostUsd: 0.01,
    streamsCalls: false,
    ...input,
  };
}

/** What a call has answered: 10 tokens in, 20 out, for a tenth of a cent. */
export function buildAnswer(answer: Partial<Extract<CallOutcome, { kind: "answered" }>> = {}): CallOutcome {
  return {
    kind: "answered",
    text: "an answer",
    toolCalls: null,
    finishReason: "stop",
    modelId: "gpt-4",
    providerId: "openai",
    usage: {
      inputTokens: 10,
      outputTokens: 20,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      source: "provider",
    },
    costUsd: 0.001,
    finishedAtMs: baseMs + 900,
    ...answer,
  };
}

/** A call for the plan, running unless it has an outcome. */
export function buildRunCall(callId: string, call: Partial<RunCall> = {}): RunCall {
  const [phase = ""] = callId.split(".");
  return {
    spec: {
      callId,
      phase,
      role: "planner",
      system: "plan.system",
      ask: null,
      carriesTools: false,
      carriesParameters: true,
      model: { ...wish, avoidModelIds: [], avoidProviderIds: [], rank: 0 },
      routingMode: "planning",
      maxOutputTokens: null,
      temperature: null,
    },
    attempt: 1,
    requestId: requestIdOf(1_000),
    startedAtMs: baseMs + 100,
    deadlineAtMs: baseMs + 60_100,
    outcome: null,
    ...call,
  };
}

export const runOutcomes = {
  succeeded: {
    kind: "succeeded",
    text: "the final answer",
    toolCalls: null,
    callId: "plan.1",
    reason: "adversarial-orchestration",
    artefacts: { initial_plan: "a plan" },
  },
  failed: {
    kind: "failed",
    failure: {
      class: "transient",
      code: "provider_error",
      message: "The provider failed.",
      providerStatus: 500,
      providerMessage: null,
      providerCode: null,
      retryAfterMs: null,
    },
    callId: "plan.1",
    artefacts: {},
  },
  cancelled: { kind: "cancelled", artefacts: {} },
} as const satisfies Record<string, RunOutcome>;

/** A run that has just begun, unless told otherwise. */
export function buildRunState(state: Partial<RunState> = {}): RunState {
  return {
    v: 1,
    attempt: 1,
    calls: [buildRunCall("plan.1")],
    pastCalls: [],
    outcome: null,
    finishedAtMs: null,
    ...state,
  };
}

/** What the fact stream tells of a run. */
export function buildRunFact(
  number: number,
  {
    input = {},
    state = {},
    ...fact
  }: Partial<Omit<RunChangedFact, "input" | "state">> & {
    readonly input?: Partial<RunInput>;
    readonly state?: Partial<RunState>;
  } = {},
): RunChangedFact {
  const built = buildRunState(state);
  return {
    v: 1,
    type: "run-changed",
    eventId: `evt_${runIdOf(number)}.${built.attempt}.${built.outcome?.kind ?? "running"}`,
    occurredAtMs: built.finishedAtMs ?? baseMs + number,
    input: buildRunInput(number, input),
    state: built,
    ...fact,
  };
}
