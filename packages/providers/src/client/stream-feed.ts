import type { CallFailure } from "@tokenhub/contracts";
import { ProviderStreamError } from "./provider-stream-error.ts";

/** Characters that may wait for the reader before the provider's socket is paused. */
const highWaterMark = 262_144;

interface Reader {
  readonly resolve: (result: IteratorResult<string, undefined>) => void;
  readonly reject: (error: ProviderStreamError) => void;
}

export interface StreamFeedEvents {
  /** The reader has caught up: a paused socket may go on. */
  readonly onDrained: () => void;
  /** The reader stopped before the end. */
  readonly onAbandoned: () => void;
}

/**
 * Hands text from the socket to one reader. Text that waits is joined, so a slow reader gets fewer, larger pieces.
 * After `fail` the reader gets what had arrived, then the error.
 */
export class StreamFeed implements AsyncIterable<string>, AsyncIterator<string, undefined> {
  readonly #events: StreamFeedEvents;
  #waiting = "";
  #ended = false;
  #failure: CallFailure | null = null;
  #reader: Reader | null = null;

  constructor(events: StreamFeedEvents) {
    this.#events = events;
  }

  /** False when the reader is far behind. */
  push(text: string): boolean {
    if (text === "" || this.#ended) return true;
    const reader = this.#takeReader();
    if (reader === null) {
      this.#waiting += text;
      return this.#waiting.length < highWaterMark;
    }
    reader.resolve({ value: text, done: false });
    return true;
  }

  end(): void {
    this.#ended = true;
    this.#takeReader()?.resolve({ value: undefined, done: true });
  }

  fail(failure: CallFailure): void {
    if (this.#ended) return;
    this.#ended = true;
    const reader = this.#takeReader();
    if (reader === null) this.#failure = failure;
    else reader.reject(new ProviderStreamError(failure));
  }

  next(): Promise<IteratorResult<string, undefined>> {
    if (this.#waiting !== "") {
      const value = this.#waiting;
      this.#waiting = "";
      if (!this.#ended) this.#events.onDrained();
      return Promise.resolve({ value, done: false });
    }
    if (this.#failure !== null) {
      const error = new ProviderStreamError(this.#failure);
      this.#failure = null;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<string, undefined>> {
    if (!this.#ended) {
      this.#ended = true;
      this.#events.onAbandoned();
    }
    this.#waiting = "";
    this.#failure = null;
    this.#takeReader()?.resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #takeReader(): Reader | null {
    const reader = this.#reader;
    this.#reader = null;
    return reader;
  }
}
