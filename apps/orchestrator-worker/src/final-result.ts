import type {
  CallFailure,
  CallOutcome,
  RequestResult,
  RunChangedFact,
  RunInput,
  RunOutcome,
  RunState,
  Usage,
} from "@tokenhub/contracts";
import { reportOf, totalsOf } from "@tokenhub/orchestration";
import { wireFormats } from "@tokenhub/translation";

/** What the caller's request ends with: the record, the body beside it and the fact for the books. */
export interface FinalResult {
  readonly result: RequestResult;
  readonly body: string;
  readonly fact: RunChangedFact;
}

/** The result of a run that has ended; the same whoever makes it, and whenever. */
export function finalResultOf(input: RunInput, state: RunState, outcome: RunOutcome): FinalResult {
  const finishedAtMs = state.finishedAtMs ?? input.acceptedAtMs;
  const answer = finalAnswer(state, outcome);
  const { usage, costUsd } = totalsOf(input, state);
  const report = reportOf(input, state);
  const result: RequestResult = {
    v: 1,
    requestId: input.requestId,
    outcome: outcome.kind,
    wireFormat: outcome.kind === "succeeded" ? "openai-chat" : null,
    stream: false,
    modelId: answer?.modelId ?? null,
    providerId: answer?.providerId ?? null,
    upstreamModel: null,
    finishReason: answer === null ? null : { unified: answer.finishReason, raw: null },
    usage,
    warnings: [],
    failure: failureOf(outcome),
    attempts: [],
    ambiguousCalls: 0,
    decision: null,
    refusal: null,
    costUsd,
    timeToFirstTokenMs: null,
    durationMs: Math.max(0, finishedAtMs - input.acceptedAtMs),
  };
  const completion = outcome.kind === "succeeded" ? completionOf(input, { outcome, answer, usage }) : {};
  return {
    result,
    body: JSON.stringify({ ...completion, tokenhub_run: report }),
    fact: endedFactOf(input, state),
  };
}

/** That the run has ended, once for each of its attempts. */
export function endedFactOf(input: RunInput, state: RunState): RunChangedFact {
  const occurredAtMs = state.finishedAtMs ?? input.acceptedAtMs;
  const eventId = `evt_${input.runId}_${state.attempt}_ended`;
  return { v: 1, type: "run-changed", eventId, occurredAtMs, input, state };
}

type Answered = Extract<CallOutcome, { kind: "answered" }>;

function finalAnswer({ calls }: RunState, outcome: RunOutcome): Answered | null {
  if (outcome.kind !== "succeeded") return null;
  const call = calls.find(({ spec }) => spec.callId === outcome.callId);
  return call?.outcome?.kind === "answered" ? call.outcome : null;
}

interface CompletionParts {
  readonly outcome: Extract<RunOutcome, { kind: "succeeded" }>;
  readonly answer: Answered | null;
  readonly usage: Usage;
}

/** One chat completion, as OpenAI would answer; its id is `chatcmpl-<run id>`. */
function completionOf(input: RunInput, { outcome, answer, usage }: CompletionParts): Record<string, unknown> {
  const { text, toolCalls } = outcome;
  const built = wireFormats["openai-chat"].buildResponse(
    {
      id: null,
      model: null,
      content: [{ type: "text", text, cacheControl: null, citations: [] }],
      finish: {
        reason: answer?.finishReason ?? "stop",
        raw: null,
        stopSequence: null,
        explanation: null,
      },
      usage,
      serviceTier: null,
      logprobs: null,
      extras: { format: "openai-chat", members: {} },
    },
    { requestId: input.runId, model: answer?.modelId ?? "", createdAtMs: input.acceptedAtMs },
  );
  if (toolCalls === null) return built;
  const [choice] = built["choices"] as [Record<string, unknown>];
  const message = {
    ...(choice["message"] as object),
    content: text === "" ? null : text,
    tool_calls: toolCalls,
  };
  return { ...built, choices: [{ ...choice, message }] };
}

const noProvider = {
  providerStatus: null,
  providerMessage: null,
  providerCode: null,
  retryAfterMs: null,
} as const;

const cancelled: CallFailure = {
  class: "cancelled",
  code: "cancelled",
  message: "The orchestration was cancelled.",
  ...noProvider,
};

function failureOf(outcome: RunOutcome): CallFailure | null {
  if (outcome.kind === "failed") return outcome.failure;
  return outcome.kind === "cancelled" ? cancelled : null;
}
