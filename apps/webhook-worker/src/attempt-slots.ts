/** `away`: there is no room to wait in; the job should come back then. */
export type SlotAnswer =
  | { readonly kind: "taken"; readonly release: () => void }
  | { readonly kind: "away"; readonly comeBackInMs: number };

/** Bounds the attempts at a time, all together and of one receiver, so that a slow one leaves room for all others. */
export interface AttemptSlots {
  /** Waits for the receiver's turn. A job whose signal fires meanwhile is sent away. */
  take(receiver: string, signal: AbortSignal): Promise<SlotAnswer>;
}

export interface AttemptSlotsOptions {
  /** At a time. */
  readonly attempts: number;
  readonly perReceiver: number;
  /** How many may wait; one receiver has half of these places at most. */
  readonly places: number;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
}

interface Receiver {
  running: number;
  waiting: number;
  /** When the last one that was sent away is to come back. */
  backAtMs: number;
  /** Of its latest attempts, each counting for a fifth. */
  averageMs: number;
}

interface Waiter {
  readonly receiver: Receiver;
  readonly enter: () => void;
}

const firstGuessMs = 20;
const shortestAbsenceMs = 50;
const longestAbsenceMs = 30_000;
/** How much earlier than the pace says. */
const earliness = 8;
const mostKnown = 1_000;

export function createAttemptSlots({
  attempts,
  perReceiver,
  places,
  now,
}: AttemptSlotsOptions): AttemptSlots {
  const receivers = new Map<string, Receiver>();
  const line = new Set<Waiter>();
  let running = 0;

  const isFree = (receiver: Receiver): boolean => running < attempts && receiver.running < perReceiver;

  function receiverOf(name: string): Receiver {
    const known = receivers.get(name);
    if (known !== undefined) return known;
    if (receivers.size >= mostKnown) forgetIdle();
    const receiver = { running: 0, waiting: 0, backAtMs: 0, averageMs: firstGuessMs };
    receivers.set(name, receiver);
    return receiver;
  }

  function forgetIdle(): void {
    for (const [name, receiver] of receivers)
      if (receiver.running === 0 && receiver.waiting === 0) receivers.delete(name);
  }

  function occupy(receiver: Receiver): SlotAnswer {
    const startedAtMs = now();
    let isReleased = false;
    running += 1;
    receiver.running += 1;
    return {
      kind: "taken",
      release() {
        if (isReleased) return;
        isReleased = true;
        running -= 1;
        receiver.running -= 1;
        receiver.averageMs += (now() - startedAtMs - receiver.averageMs) / 5;
        for (const waiter of line) if (isFree(waiter.receiver)) waiter.enter();
      },
    };
  }

  /**
   * It comes back well before its turn should be: too early costs another look, too late leaves the receiver idle, which may
   * become quicker. If all came back at once they would keep the queue busy with nothing.
   */
  function sendAway(receiver: Receiver): SlotAnswer {
    const nowMs = now();
    const turnMs = receiver.averageMs / perReceiver / earliness;
    const lineEndsAtMs = nowMs + receiver.waiting * turnMs;
    const backAtMs = Math.max(lineEndsAtMs, receiver.backAtMs) + turnMs;
    receiver.backAtMs = Math.min(backAtMs, nowMs + longestAbsenceMs);
    return { kind: "away", comeBackInMs: Math.ceil(Math.max(receiver.backAtMs - nowMs, shortestAbsenceMs)) };
  }

  function wait(receiver: Receiver, signal: AbortSignal): Promise<SlotAnswer> {
    const { promise, resolve } = Promise.withResolvers<SlotAnswer>();
    const leave = (answer: () => SlotAnswer): void => {
      signal.removeEventListener("abort", onAbort);
      line.delete(waiter);
      receiver.waiting -= 1;
      resolve(answer());
    };
    const onAbort = (): void => leave(() => ({ kind: "away", comeBackInMs: 0 }));
    const waiter: Waiter = { receiver, enter: () => leave(() => occupy(receiver)) };
    signal.addEventListener("abort", onAbort, { once: true });
    line.add(waiter);
    receiver.waiting += 1;
    return promise;
  }

  return {
    async take(name, signal) {
      const receiver = receiverOf(name);
      if (signal.aborted) return { kind: "away", comeBackInMs: 0 };
      if (receiver.waiting === 0 && isFree(receiver)) return occupy(receiver);
      const hasPlace = line.size < places && receiver.waiting < places / 2;
      return hasPlace ? wait(receiver, signal) : sendAway(receiver);
    },
  };
}
