import { TokenHubError, type RequestResult, type StreamHead, type WireFormatName } from "@tokenhub/contracts";
import { createStreamTranscoder, transcodeResponse, type StreamTranscoder } from "@tokenhub/translation";
import type { Response } from "express";
import type { AnswerEcho } from "./answer-echo.ts";
import type { AnswerKeeper } from "./answer-keeper.ts";
import type { ReplySink } from "./await-reply.ts";
import { failureToError } from "./failure-to-error.ts";
import { setAnswerHeaders, setResultHeaders } from "./result-headers.ts";

export interface SyncReplyOptions extends AnswerEcho {
  readonly response: Response;
  readonly requestId: string;
  readonly callerFormat: WireFormatName;
  readonly acceptedAtMs: number;
  readonly estimatedInputTokens: number;
  /** The caller asked for the usage chunk of an OpenAI stream. */
  readonly includeUsage: boolean;
  /** Does to a whole answer, given in `callerFormat`, what the caller wished; null: nothing. May reject with a TokenHubError. */
  readonly finish: ((text: string, result: RequestResult) => Promise<string>) | null;
  /** Sends an error as long as no byte of an answer has left. */
  readonly fail: (error: TokenHubError) => void;
  /** Called once, when the caller has everything or is gone. */
  readonly done: (result: RequestResult | null) => void;
  /** How often a stream that says nothing gives a sign of life; null: never. Default 15 s. */
  readonly keepAliveMs?: number | null;
  /** Has the request go on when the wait is over, and gives what its caller is told; null: it ends with the wait. */
  readonly outlive?: (() => Promise<TokenHubError>) | null;
  /** Keeps a stream before its last event is given; null: nobody does. */
  readonly keeper?: Pick<AnswerKeeper, "pass" | "finish" | "release"> | null;
}

/** Bytes that may wait in a slow reader's socket before it is cut off. */
const maxBufferedBytes = 16_777_216;
/** Proxies and clients drop connections that say nothing. */
const defaultKeepAliveMs = 15_000;

export interface SyncReply extends ReplySink, Disposable {
  /** Keeps a stream alive whose answer is long in coming: from the first sign of life on it is one, whatever comes. */
  keepWaiting(): void;
}

/** Writes one request's answer, whole or streamed, in the caller's format. */
export function createSyncReply(options: SyncReplyOptions): SyncReply {
  const { response, callerFormat, done, keepAliveMs = defaultKeepAliveMs, keeper = null } = options;
  let transcoder: StreamTranscoder | null = null;
  let keepAlive: NodeJS.Timeout | null = null;
  let isStream = false;

  const context = (modelId: string) => ({
    requestId: options.requestId,
    model: modelId,
    createdAtMs: options.acceptedAtMs,
    estimatedInputTokens: options.estimatedInputTokens,
    ...(options.echoedPrompt === null ? {} : { echoedPrompt: options.echoedPrompt }),
    ...(options.requestBody === undefined ? {} : { requestBody: options.requestBody }),
  });
  const write = (text: string): void => {
    if (text === "" || response.destroyed) return;
    response.write(text);
    if (response.writableLength > maxBufferedBytes) response.destroy();
  };
  const writeStream = (text: string): void => write(keeper === null ? text : keeper.pass(text));
  const close = (result: RequestResult | null): void => {
    if (keepAlive !== null) clearInterval(keepAlive);
    done(result);
  };

  function openStream(): void {
    isStream = true;
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
  }

  function signOfLife(): void {
    if (!response.headersSent) openStream();
    write(
      callerFormat === "anthropic-messages" ? 'event: ping\ndata: {"type": "ping"}\n\n' : ": keep-alive\n\n",
    );
  }

  function keepAwake(): void {
    if (keepAliveMs !== null) keepAlive ??= setInterval(signOfLife, keepAliveMs);
  }

  const transcoderFrom = (wireFormat: WireFormatName, modelId: string): StreamTranscoder =>
    createStreamTranscoder({
      from: wireFormat,
      to: callerFormat,
      context: context(modelId),
      includeUsage: options.includeUsage,
    });

  /** As an HTTP error while that is possible, else as the last event of a stream; half of a whole answer is cut off. */
  function fail(error: TokenHubError): void {
    if (!response.headersSent) options.fail(error);
    else if (isStream) {
      const { code, message } = error;
      write(
        (keeper?.release() ?? "") + (transcoder ?? transcoderFrom(callerFormat, "")).fail({ code, message }),
      );
      response.end();
    } else response.destroy();
  }

  function endStream(current: StreamTranscoder, result: RequestResult): Promise<void> | null {
    if (result.outcome === "succeeded") writeStream(current.end());
    else if (result.failure !== null) {
      const { code, message } = failureToError(result.failure);
      writeStream(current.fail({ code, message }));
    }
    if (keeper === null) {
      response.end();
      return null;
    }
    return keeper.finish().then((last) => {
      write(last);
      response.end();
    });
  }

  function sendBody(result: RequestResult, body: string): Promise<void> | null {
    if (result.wireFormat === null || result.modelId === null)
      throw new TokenHubError("internal_error", "The answer was stored without its format.");
    const text = transcodeResponse({
      from: result.wireFormat,
      to: callerFormat,
      bodyText: body,
      context: context(result.modelId),
    });
    if (options.finish === null) {
      send(result, text);
      return null;
    }
    return options.finish(text, result).then(
      (finished) => send(result, finished),
      (error: unknown) => fail(knownFault(error)),
    );
  }

  function send(result: RequestResult, text: string): void {
    setResultHeaders(response, result);
    response.setHeader("content-type", "application/json; charset=utf-8");
    response.end(text);
  }

  function giveUp(): void {
    const message =
      "No answer came within the time this request may wait. It was cancelled; send it again with a longer timeout.";
    fail(new TokenHubError("sync_wait_timeout", message));
    close(null);
  }

  return {
    keepWaiting: keepAwake,
    onHead(head: StreamHead) {
      if (!response.headersSent) {
        setAnswerHeaders(response, head);
        openStream();
      }
      transcoder = transcoderFrom(head.wireFormat, head.modelId);
      keepAwake();
    },
    onText(sseText) {
      if (transcoder !== null) writeStream(transcoder.push(sseText));
    },
    onEnd(result, body) {
      let sending: Promise<void> | null = null;
      if (transcoder !== null) sending = endStream(transcoder, result);
      else if (result.failure !== null) {
        if (!response.headersSent) setResultHeaders(response, result);
        fail(failureToError(result.failure));
      } else sending = sendBody(result, body);
      if (sending === null) close(result);
      else void sending.finally(() => close(result));
    },
    onTimeout() {
      if (!options.outlive) giveUp();
      else
        options.outlive().then((error) => {
          fail(error);
          close(null);
        }, giveUp);
    },
    onBroken(error) {
      fail(knownFault(error));
      close(null);
    },
    [Symbol.dispose]() {
      if (keepAlive !== null) clearInterval(keepAlive);
    },
  };
}

function knownFault(error: unknown): TokenHubError {
  if (error instanceof TokenHubError) return error;
  return new TokenHubError(
    "internal_error",
    "The answer could not be delivered. Quote the request id to the operator.",
    { cause: error },
  );
}
