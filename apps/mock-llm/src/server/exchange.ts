import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import type { CallLog } from "../calls/call-log.ts";
import type { CallOutcome, MutableCall } from "../calls/recorded-call.ts";
import { errorBody } from "../surfaces/error-body.ts";
import type { ProviderFamily, UpstreamError } from "../surfaces/upstream-error.ts";

export interface ExchangeDeps {
  readonly log: CallLog;
  readonly now: () => number;
  /** Told once, after the connection is done with the call. */
  readonly onClosed: (exchange: Exchange) => void;
}

export interface WholeBody {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly outcome: CallOutcome;
  /** Output tokens in the body. */
  readonly tokens?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request and its answer: everything that touches the connection, and the record of it. */
export class Exchange {
  readonly call: MutableCall;
  readonly request: IncomingMessage;
  /** The request's parsed body, also when the record of the call does not keep it. */
  readonly body: unknown;
  readonly family: ProviderFamily;
  /** Headers of whatever answer is sent; grows while the call is judged. */
  readonly headers: Record<string, string> = {};
  readonly #response: ServerResponse;
  readonly #deps: ExchangeDeps;
  readonly #arrivedAt: number;
  #isGone = false;
  #isEndless = false;
  #wake: (() => void) | null = null;

  constructor(
    parts: {
      readonly call: MutableCall;
      readonly request: IncomingMessage;
      readonly body: unknown;
      readonly response: ServerResponse;
      readonly family: ProviderFamily;
    },
    deps: ExchangeDeps,
  ) {
    this.call = parts.call;
    this.request = parts.request;
    this.body = parts.body;
    this.family = parts.family;
    this.#response = parts.response;
    this.#deps = deps;
    this.#arrivedAt = performance.now() - Math.max(0, deps.now() - parts.call.startedAtMs);
    this.headers[parts.family === "openai" ? "x-request-id" : "request-id"] = parts.call.id;
    parts.response.once("close", () => this.#onClose());
    deps.log.begin(parts.call);
    // The client may have gone between its last byte and now.
    if (parts.response.destroyed) this.#onClose();
  }

  get nowMs(): number {
    return this.#deps.now();
  }

  /** Real time since the request's arrival, whatever the injected clock says. */
  get elapsedMs(): number {
    return performance.now() - this.#arrivedAt;
  }

  /** False as soon as there is nobody to answer. */
  get isOpen(): boolean {
    return !this.#isGone && !this.#response.destroyed;
  }

  /** True when only the client can end the call, so that a shutdown need not wait for it. */
  get isEndless(): boolean {
    return this.#isEndless;
  }

  markEndless(): void {
    this.#isEndless = true;
  }

  /** Waits until this long after the request's arrival; false when the client went away first. */
  async waitUntil(afterMs: number): Promise<boolean> {
    // A timer may fire a little early, hence the loop.
    while (this.isOpen && this.elapsedMs < afterMs) await this.#sleep(afterMs - this.elapsedMs);
    return this.isOpen;
  }

  /** Sends an answer in one piece. */
  sendWhole({ status, contentType, body, outcome, tokens = 0, headers }: WholeBody): void {
    if (!this.isOpen) return;
    this.call.status = status;
    this.call.completionTokensSent = tokens;
    this.#response.writeHead(status, {
      "content-type": contentType,
      "content-length": Buffer.byteLength(body),
      ...this.headers,
      ...headers,
    });
    this.#deps.log.finish(this.call, { outcome, nowMs: this.nowMs });
    this.#response.end(body);
  }

  /** Sends an error in the words of the imitated provider. */
  sendError(
    error: UpstreamError,
    { headers = {} }: { readonly headers?: Readonly<Record<string, string>> } = {},
  ): void {
    const body = errorBody(error, { family: this.family, requestId: this.call.id });
    this.sendWhole({
      status: error.status,
      contentType: "application/json",
      body,
      outcome: "error",
      headers,
    });
  }

  /** Prepares the head of an answer that is sent in pieces; it leaves with the first piece. */
  startChunks({ contentType }: { readonly contentType: string }): void {
    if (!this.isOpen) return;
    this.call.status = 200;
    this.#response.writeHead(200, {
      "content-type": contentType,
      "cache-control": "no-cache",
      ...this.headers,
    });
  }

  /** Sends a piece (empty: the head alone) and waits while the client is slow to read; false when it went away. */
  async writeChunk(text: string, { tokens }: { readonly tokens: number }): Promise<boolean> {
    if (!this.isOpen) return false;
    this.call.completionTokensSent += tokens;
    if (text === "") {
      this.#response.flushHeaders();
      return true;
    }
    if (this.#response.write(text)) return true;
    await this.#drained();
    return this.isOpen;
  }

  /** Lets other calls have a turn; for long answers that nothing else slows down. */
  async giveWay(): Promise<boolean> {
    await setImmediate();
    return this.isOpen;
  }

  /** Ends an answer that was sent in pieces. */
  endChunks({ outcome }: { readonly outcome: CallOutcome }): void {
    if (!this.isOpen) return;
    this.#deps.log.finish(this.call, { outcome, nowMs: this.nowMs });
    this.#response.end();
  }

  /** Cuts the connection with a TCP reset, after all that was written has left this process. */
  async reset(): Promise<void> {
    if (!this.isOpen) return;
    if (this.#response.headersSent) await this.#flushed();
    if (!this.isOpen) return;
    this.#deps.log.finish(this.call, { outcome: "reset", nowMs: this.nowMs });
    this.request.socket.resetAndDestroy();
  }

  /** Says nothing more until the client goes away. */
  async hang(): Promise<void> {
    if (!this.isOpen) return;
    this.#isEndless = true;
    this.#deps.log.hang(this.call);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Gives the call up at once, because the mock stops. */
  abandon(): void {
    if (this.#isGone) return;
    if (this.call.finishedAtMs === null) {
      this.#deps.log.finish(this.call, { outcome: "reset", nowMs: this.nowMs });
    }
    this.request.socket.destroy();
  }

  #onClose(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const { writableFinished } = this.#response;
    if (!writableFinished && this.call.outcome !== "reset") {
      this.#deps.log.finish(this.call, { outcome: "aborted_by_client", nowMs: this.nowMs });
    } else if (this.call.finishedAtMs === null) {
      // Somebody else answered: the mock itself failed.
      this.#deps.log.finish(this.call, { outcome: "error", nowMs: this.nowMs });
    }
    this.#wake?.();
    this.#deps.onClosed(this);
  }

  #sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(wake, Math.ceil(durationMs));
      this.#wake = wake;
    });
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#response.once("drain", resolve);
    });
  }

  #flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      // The socket reports writes in their order, so an empty one is reported after all the others.
      this.request.socket.write("", () => resolve());
    });
  }
}
