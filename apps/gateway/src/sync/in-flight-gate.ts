import { TokenHubError } from "@tokenhub/contracts";

/** Counts the requests this gateway holds open; refuses more than its limit, and all of them while it drains. */
export interface InFlightGate {
  /** @throws TokenHubError `overloaded`, `shutting_down`: nothing was accepted, an SDK may try again. */
  enter(): Disposable;
  /** Refuses new requests; resolves when the last one has left or after `graceMs`. */
  drain(graceMs: number): Promise<void>;
  readonly count: number;
  readonly isDraining: boolean;
}

export function createInFlightGate(limit: number): InFlightGate {
  let count = 0;
  let isDraining = false;
  let onEmpty: (() => void) | null = null;
  return {
    enter() {
      if (isDraining)
        throw new TokenHubError("shutting_down", "This gateway is shutting down. Send the request again.", {
          retryAfterMs: 500,
        });
      if (count >= limit) {
        throw new TokenHubError(
          "overloaded",
          "This gateway holds as many requests as it may. Try again in a moment.",
          { retryAfterMs: 1_000 },
        );
      }
      count += 1;
      let hasLeft = false;
      return {
        [Symbol.dispose]() {
          if (hasLeft) return;
          hasLeft = true;
          count -= 1;
          if (count === 0) onEmpty?.();
        },
      };
    },
    async drain(graceMs) {
      isDraining = true;
      if (count === 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    get count() {
      return count;
    },
    get isDraining() {
      return isDraining;
    },
  };
}
