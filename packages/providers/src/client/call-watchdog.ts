/** What a call waits for; each has its own limit, `total` bounds them all. */
export type WatchedPhase = "headers" | "first_event" | "idle" | "error_body" | "total";

const maxTimerMs = 2_147_483_647;

/**
 * The one timer of a call. Activity only moves a deadline; the timer looks at it when it fires and sleeps on if there is
 * time left, so that a chunk costs a clock reading and no timer operation.
 */
export class CallWatchdog {
  readonly #onExpired: (phase: WatchedPhase) => void;
  readonly #totalEndMs: number;
  #phase: WatchedPhase = "total";
  #phaseEndMs = Infinity;
  #renewMs: number | null = null;
  #wakeAtMs = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(totalTimeoutMs: number, { onExpired }: { onExpired: (phase: WatchedPhase) => void }) {
    this.#onExpired = onExpired;
    this.#totalEndMs = performance.now() + totalTimeoutMs;
  }

  /** Starts a phase that must be over within `timeoutMs`; a `renewable` one begins anew with every `touch`. */
  enter(phase: WatchedPhase, { timeoutMs, renewable }: { timeoutMs: number; renewable: boolean }): void {
    this.#phase = phase;
    this.#renewMs = renewable ? timeoutMs : null;
    this.#phaseEndMs = performance.now() + timeoutMs;
    this.#arm();
  }

  /** Something arrived. */
  touch(): void {
    if (this.#renewMs !== null) this.#phaseEndMs = performance.now() + this.#renewMs;
  }

  /** Until the next `enter` only the total limit counts: the reader is slow, not the provider. */
  suspend(): void {
    this.#renewMs = null;
    this.#phaseEndMs = Infinity;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const endMs = Math.min(this.#phaseEndMs, this.#totalEndMs);
    if (this.#timer !== undefined && this.#wakeAtMs <= endMs) return;
    clearTimeout(this.#timer);
    const delayMs = Math.max(1, Math.ceil(endMs - performance.now()));
    this.#wakeAtMs = endMs;
    this.#timer = setTimeout(() => this.#wake(), Math.min(delayMs, maxTimerMs));
  }

  #wake(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    if (nowMs >= this.#totalEndMs) this.#onExpired("total");
    else if (nowMs >= this.#phaseEndMs) this.#onExpired(this.#phase);
    else this.#arm();
  }
}
