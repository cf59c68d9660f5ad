import { StringDecoder } from "node:string_decoder";
import type { CallFailure } from "@tokenhub/contracts";
import type { Dispatcher } from "undici";
import type { ProviderDefinition, ResponseHeaders } from "../definition/provider-definition.ts";
import { abortFailure } from "../failure/abort-failure.ts";
import { badResponse, callFailure, tooLarge } from "../failure/call-failure.ts";
import { interruptedStream, networkErrorCode, networkFailure } from "../failure/network-failure.ts";
import { BodyBuffer } from "./body-buffer.ts";
import { CallWatchdog, type WatchedPhase } from "./call-watchdog.ts";
import { EventGauge } from "./event-gauge.ts";
import type { CallLimits, ProviderCallInput, ProviderReply } from "./provider-call.ts";
import {
  maxErrorBodyBytes,
  readErrorText,
  readFirstEvent,
  readInsteadOfStream,
  readSuccessBody,
  type ReceivedBody,
} from "./read-body.ts";
import { rateLimitOf, replyHeaders } from "./reply-headers.ts";
import { defaultMaxEventBytes, defaultMaxResponseBytes } from "./size-limits.ts";
import { StreamFeed } from "./stream-feed.ts";
import { StreamOpening } from "./stream-opening.ts";

const maxErrorBodyWaitMs = 5_000;

/** Shared because its stack would say nothing: it only tells the socket that nobody listens any more. */
const abandoned = new Error("the call is over");

/**
 * What the body is being read as: the answer, an error body, something else than the wanted stream, the stream before its
 * first event, or the stream.
 */
type Mode = "waiting" | "answer" | "error" | "not-a-stream" | "opening" | "stream";

export interface ExchangeOptions {
  readonly call: Pick<ProviderCallInput, "apiKey" | "limits" | "signal" | "stream">;
  readonly definition: ProviderDefinition;
  readonly clock: () => number;
  readonly settle: (reply: ProviderReply, fate: ExchangeFate) => void;
  /** Called once, when the connection is done with: for a stream that is after its last event. */
  readonly onOver?: () => void;
}

/** How far a request came. */
export interface ExchangeFate {
  /** False: no connection was there to send it on, so it may be made again elsewhere without being made twice. */
  readonly wasSent: boolean;
  /** The code of the network's error, e.g. `ECONNREFUSED`; null when there was none. */
  readonly networkCode: string | null;
}

/**
 * One request and its answer, as the handler of an undici dispatch. It settles exactly once; a stream that fails after it
 * has been handed over ends with an error in its feed. Whatever ends the call early destroys the socket at once.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  readonly #limits: CallLimits;
  readonly #maxBytes: number;
  readonly #startedAtMs = performance.now();
  readonly #watchdog: CallWatchdog;
  readonly #onAbort = (): void => this.#fail(abortFailure(this.#options.call.signal.reason));
  #controller: Dispatcher.DispatchController | null = null;
  #isOver = false;
  #wasSent = false;
  #networkCode: string | null = null;
  #mode: Mode = "waiting";
  #status = 0;
  #headers: ResponseHeaders = {};
  #bytes = 0;
  #body: BodyBuffer | null = null;
  #stream: StreamState | null = null;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#limits = options.call.limits;
    this.#maxBytes = this.#limits.maxResponseBytes ?? defaultMaxResponseBytes;
    this.#watchdog = new CallWatchdog(this.#limits.totalTimeoutMs, {
      onExpired: (phase) => this.#expire(phase),
    });
    this.#watchdog.enter("headers", { timeoutMs: this.#limits.headersTimeoutMs, renewable: false });
    options.call.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) controller.abort(abandoned);
    else {
      this.#controller = controller;
      this.#wasSent = true;
    }
  }

  onResponseStart(_controller: unknown, status: number, headers: ResponseHeaders): void {
    if (this.#isOver || status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (status >= 400) this.#collectError("error");
    else if (status >= 300) this.#fail(redirected(status));
    else if (this.#options.call.stream) this.#beginStream();
    else this.#beginAnswer();
  }

  onResponseData(_controller: unknown, piece: Buffer): void {
    if (this.#isOver) return;
    this.#watchdog.touch();
    this.#bytes += piece.length;
    if (this.#stream === null) this.#collect(piece);
    else if (this.#bytes > this.#maxBytes) this.#fail(this.#overSize());
    else this.#receive(this.#stream, piece);
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    if (this.#mode === "stream") this.#endStream();
    else if (this.#mode === "answer") this.#settleAnswer();
    else this.#settleWithoutAnswer();
  }

  onResponseError(_controller: unknown, error: unknown): void {
    if (this.#isOver) return;
    this.#networkCode = networkErrorCode(error);
    if (this.#mode === "error") this.#settleWithoutAnswer();
    else if (this.#mode === "stream") this.#fail(interruptedStream(error));
    else this.#fail({ ...networkFailure(error), providerStatus: this.#status === 0 ? null : this.#status });
  }

  #beginAnswer(): void {
    const contentType = headerText(this.#headers, "content-type");
    if (contentType.startsWith("text/html") || contentType.startsWith("text/event-stream")) {
      this.#fail(badResponse("The provider answered with another content type than JSON.", this.#status));
    } else if (Number(headerText(this.#headers, "content-length")) > this.#maxBytes) {
      this.#fail(this.#overSize());
    } else {
      this.#mode = "answer";
      this.#body = new BodyBuffer(this.#maxBytes);
      this.#watchdog.enter("idle", { timeoutMs: this.#limits.idleTimeoutMs, renewable: true });
    }
  }

  #beginStream(): void {
    if (!headerText(this.#headers, "content-type").startsWith("text/event-stream")) {
      this.#collectError("not-a-stream");
      return;
    }
    this.#mode = "opening";
    this.#stream = this.#openStream();
    const { firstTokenTimeoutMs, idleTimeoutMs } = this.#limits;
    if (firstTokenTimeoutMs === undefined) {
      this.#watchdog.enter("idle", { timeoutMs: idleTimeoutMs, renewable: true });
    } else {
      const elapsedMs = performance.now() - this.#startedAtMs;
      this.#watchdog.enter("first_event", { timeoutMs: firstTokenTimeoutMs - elapsedMs, renewable: false });
    }
  }

  #openStream(): StreamState {
    const feed = new StreamFeed({
      onDrained: () => this.#resume(),
      onAbandoned: () => {
        this.#finish();
        this.#controller?.abort(abandoned);
      },
    });
    return {
      feed,
      opening: new StreamOpening(),
      decoder: new StringDecoder("utf8"),
      gauge: new EventGauge(),
    };
  }

  /** Reads a body whose status or type has already decided that the call failed, for what it says. */
  #collectError(mode: "error" | "not-a-stream"): void {
    this.#mode = mode;
    this.#body = new BodyBuffer(maxErrorBodyBytes);
    const timeoutMs = Math.min(this.#limits.idleTimeoutMs, maxErrorBodyWaitMs);
    this.#watchdog.enter("error_body", { timeoutMs, renewable: false });
  }

  #collect(piece: Buffer): void {
    const fits = this.#body?.push(piece) ?? true;
    if (fits) return;
    if (this.#mode === "answer") this.#fail(this.#overSize());
    else this.#settleWithoutAnswer();
  }

  #receive(stream: StreamState, piece: Buffer): void {
    const text = stream.decoder.write(piece);
    if (stream.gauge.measure(piece) > (this.#limits.maxEventBytes ?? defaultMaxEventBytes)) {
      this.#fail(tooLarge("The provider sent a stream event above the size limit.", this.#status));
    } else if (this.#mode === "opening") this.#open(stream, text);
    else if (!stream.feed.push(text)) this.#pause();
  }

  #open(stream: StreamState, text: string): void {
    const firstEvent = stream.opening.feed(text);
    if (firstEvent === null) return;
    const failure = readFirstEvent(firstEvent, this.#received());
    if (failure !== null) {
      this.#fail(failure);
      return;
    }
    this.#mode = "stream";
    this.#watchdog.enter("idle", { timeoutMs: this.#limits.idleTimeoutMs, renewable: true });
    stream.feed.push(stream.opening.text);
    this.#settle({ kind: "stream", ...this.#told(), chunks: stream.feed });
  }

  #endStream(): void {
    this.#finish();
    this.#stream?.feed.push(this.#stream.decoder.end());
    this.#stream?.feed.end();
  }

  #pause(): void {
    this.#controller?.pause();
    this.#watchdog.suspend();
  }

  #resume(): void {
    if (this.#isOver || this.#controller?.paused !== true) return;
    this.#watchdog.enter("idle", { timeoutMs: this.#limits.idleTimeoutMs, renewable: true });
    this.#controller.resume();
  }

  #settleAnswer(): void {
    const bodyText = this.#body?.text() ?? "";
    const reading = readSuccessBody(bodyText, this.#received());
    this.#finish();
    const told = this.#told();
    this.#settle(
      reading.kind === "usable"
        ? { kind: "body", status: this.#status, bodyText, json: reading.json, ...told }
        : { kind: "failed", failure: reading.failure, ...told },
    );
  }

  /** The body is over, too long, too slow or cut off, and was not going to be an answer anyway. */
  #settleWithoutAnswer(): void {
    const text = this.#body?.text() ?? this.#stream?.opening.text ?? "";
    const received = this.#received();
    this.#fail(this.#mode === "error" ? readErrorText(text, received) : readInsteadOfStream(text, received));
  }

  #expire(phase: WatchedPhase): void {
    if (this.#mode === "error" || this.#mode === "not-a-stream") this.#settleWithoutAnswer();
    else this.#fail(timedOut(phase, { limits: this.#limits, status: this.#status }));
  }

  #fail(failure: CallFailure): void {
    if (this.#isOver) return;
    const isHandedOver = this.#mode === "stream";
    this.#finish();
    this.#controller?.abort(abandoned);
    if (isHandedOver) this.#stream?.feed.fail(failure);
    else this.#settle({ kind: "failed", failure, ...this.#told() });
  }

  #settle(reply: ProviderReply): void {
    this.#options.settle(reply, { wasSent: this.#wasSent, networkCode: this.#networkCode });
  }

  /** What the response headers say beside the answer. */
  #told(): Pick<ProviderReply, "headers" | "rateLimit"> {
    const headers = replyHeaders(this.#headers);
    const rateLimit = rateLimitOf(headers, this.#options.clock());
    return rateLimit === null ? { headers } : { headers, rateLimit };
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watchdog.stop();
    this.#options.call.signal.removeEventListener("abort", this.#onAbort);
    this.#options.onOver?.();
  }

  #received(): ReceivedBody {
    const { call, definition, clock } = this.#options;
    return { definition, apiKey: call.apiKey, status: this.#status, headers: this.#headers, nowMs: clock() };
  }

  #overSize(): CallFailure {
    return tooLarge(`The provider's answer is longer than ${this.#maxBytes} bytes.`, this.#status);
  }
}

interface StreamState {
  readonly feed: StreamFeed;
  readonly opening: StreamOpening;
  readonly decoder: StringDecoder;
  readonly gauge: EventGauge;
}

function redirected(status: number): CallFailure {
  return callFailure("fatal", {
    code: "provider_bad_response",
    message: `The provider answered with a redirect (HTTP ${status}), which is not followed: check its base URL.`,
    providerStatus: status,
  });
}

function timedOut(
  phase: WatchedPhase,
  { limits, status }: { limits: CallLimits; status: number },
): CallFailure {
  const reasons: Record<WatchedPhase, string> = {
    headers: `sent no response headers within ${limits.headersTimeoutMs} ms`,
    first_event: `sent no stream event within ${limits.firstTokenTimeoutMs} ms`,
    idle: `sent nothing for ${limits.idleTimeoutMs} ms`,
    error_body: "did not finish its error body in time",
    total: `did not finish its answer within ${limits.totalTimeoutMs} ms`,
  };
  return callFailure("transient", {
    code: "provider_timeout",
    message: `The provider ${reasons[phase]}.`,
    providerStatus: status === 0 ? null : status,
  });
}

function headerText(headers: ResponseHeaders, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : (value?.[0] ?? "");
}
