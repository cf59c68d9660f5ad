import {
  decodeStoredResult,
  requestResultSchema,
  TokenHubError,
  type CallFailure,
  type CallOutcome,
  type Keyspace,
  type RequestResult,
  type RunCall,
  type StoredResult,
} from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { readStreamedAnswer, readWholeAnswer, type ReadAnswer } from "./read-answer.ts";

export interface OutcomeSource {
  readonly redis: Pick<Redis, "mget" | "xrange">;
  readonly keyspace: Pick<Keyspace, "result" | "streamLog">;
}

/** The calls that have ended, by request id. An answer that cannot be read is the failure of its call, never of the reading. */
export async function readOutcomes(
  source: OutcomeSource,
  calls: readonly RunCall[],
): Promise<ReadonlyMap<string, CallOutcome>> {
  if (calls.length === 0) return new Map();
  const texts = await source.redis.mget(...calls.map(({ requestId }) => source.keyspace.result(requestId)));
  const read = calls.map(async (call, index) => {
    const text = texts[index] ?? null;
    return text === null ? null : ([call.requestId, await readOutcome(source, call, text)] as const);
  });
  return new Map((await Promise.all(read)).filter((entry) => entry !== null));
}

async function readOutcome(source: OutcomeSource, call: RunCall, text: string): Promise<CallOutcome> {
  const stored = decodeStoredResult(text);
  const result = requestResultSchema.parse(JSON.parse(stored.resultJson));
  // What the record says, not when it is read: whoever reads it finds the same outcome.
  const finishedAtMs = call.startedAtMs + result.durationMs;
  if (result.outcome !== "succeeded") return failedOutcome(result, { finishedAtMs, failure: result.failure });
  try {
    return answeredOutcome(result, { finishedAtMs, answer: await readAnswer(source, { result, stored }) });
  } catch (error) {
    if (!(error instanceof TokenHubError)) throw error;
    return failedOutcome(result, { finishedAtMs, failure: unreadable(error) });
  }
}

async function readAnswer(
  { redis, keyspace }: OutcomeSource,
  { result, stored }: { readonly result: RequestResult; readonly stored: StoredResult },
): Promise<ReadAnswer> {
  const format = result.wireFormat ?? "openai-chat";
  if (stored.frameCount === 0) return readWholeAnswer(format, stored.body);
  const entries = await redis.xrange(keyspace.streamLog(result.requestId), "-", "+");
  if (entries.length < stored.frameCount)
    throw new TokenHubError("provider_bad_response", "The stream of the answer is no longer stored.");
  return readStreamedAnswer(
    format,
    entries.slice(0, stored.frameCount).map(([, fields]) => fields[3] ?? ""),
  );
}

function answeredOutcome(
  { modelId, providerId, usage, costUsd, finishReason }: RequestResult,
  { finishedAtMs, answer }: { readonly finishedAtMs: number; readonly answer: ReadAnswer },
): CallOutcome {
  return {
    kind: "answered",
    text: answer.text,
    toolCalls: answer.toolCalls as Extract<CallOutcome, { kind: "answered" }>["toolCalls"],
    finishReason: finishReason?.unified ?? answer.finishReason,
    modelId: modelId ?? "",
    providerId: providerId ?? "",
    usage,
    costUsd,
    finishedAtMs,
  };
}

function failedOutcome(
  { modelId, providerId, usage, costUsd }: RequestResult,
  { finishedAtMs, failure }: { readonly finishedAtMs: number; readonly failure: CallFailure | null },
): CallOutcome {
  const known =
    failure ?? unreadable(new TokenHubError("internal_error", "The call ended without a reason."));
  return { kind: "failed", failure: known, modelId, providerId, usage, costUsd, finishedAtMs };
}

function unreadable({ code, message }: TokenHubError): CallFailure {
  return {
    class: "fatal",
    code,
    message,
    providerStatus: null,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
  };
}
