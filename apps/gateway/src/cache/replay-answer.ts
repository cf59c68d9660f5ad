import { TokenHubError, type RequestResult, type WireFormatName } from "@tokenhub/contracts";
import { wireFormats } from "@tokenhub/translation";
import type { AnswerEcho } from "../sync/answer-echo.ts";
import type { ReplySink } from "../sync/await-reply.ts";
import type { KeptAnswer } from "./kept-answer.ts";
import { responseFrames } from "./response-frames.ts";

export interface Replay extends AnswerEcho {
  readonly requestId: string;
  readonly callerFormat: WireFormatName;
  readonly wantsStream: boolean;
  /** Since the request was accepted. */
  readonly durationMs: number;
}

/** Gives a kept answer to a sink as if it came from a worker now, whole or as a stream in the caller's format. */
export function replayAnswer(kept: KeptAnswer, sink: ReplySink, replay: Replay): void {
  const result = resultOfHit(kept.result, replay);
  if (!replay.wantsStream) {
    sink.onEnd(result, kept.text);
    return;
  }
  const stream = kept.head === null ? streamOfAnswer(kept, replay) : { head: kept.head, text: kept.text };
  sink.onHead({ ...stream.head, attempts: 0 });
  sink.onText(stream.text);
  sink.onEnd(result, "");
}

/** The record of a request that was answered without a call: it used nothing and cost nothing. */
function resultOfHit(result: RequestResult, { requestId, wantsStream, durationMs }: Replay): RequestResult {
  return {
    ...result,
    requestId,
    stream: wantsStream,
    usage: null,
    costUsd: 0,
    attempts: [],
    ambiguousCalls: 0,
    timeToFirstTokenMs: null,
    durationMs,
  };
}

/** A whole answer as the stream it might have been, in the caller's format. */
export function streamOfAnswer(
  { result, origin, text }: Pick<KeptAnswer, "result" | "origin" | "text">,
  { callerFormat, echoedPrompt, requestBody }: Pick<Replay, "callerFormat" | keyof AnswerEcho>,
): { head: NonNullable<KeptAnswer["head"]>; text: string } {
  const { wireFormat, modelId, providerId } = result;
  if (wireFormat === null || wireFormat === "openai-embeddings" || callerFormat === "openai-embeddings")
    throw new TokenHubError("internal_error", "An answer that cannot be streamed was kept for a stream.");
  const writer = wireFormats[callerFormat].createStreamWriter({
    ...origin,
    createdAtMs: origin.acceptedAtMs,
    model: modelId ?? "",
    // A kept answer in the format that knows the echo has it already.
    echoedPrompt: wireFormat === callerFormat ? null : echoedPrompt,
    ...(requestBody === undefined ? {} : { requestBody }),
    // Who asked for no usage does not get it: the reply filters it like a provider's.
    includeUsage: true,
  });
  const frames = responseFrames(wireFormats[wireFormat].parseResponse(JSON.parse(text)));
  return {
    head: {
      v: 1,
      wireFormat: callerFormat,
      modelId: modelId ?? "",
      providerId: providerId ?? "",
      upstreamModel: result.upstreamModel ?? "",
      reason: result.decision?.reason ?? "",
      attempts: 1,
      warnings: result.warnings,
    },
    text: frames.map((frame) => writer.write(frame)).join("") + writer.end(),
  };
}
