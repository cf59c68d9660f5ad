/** `full`: the receiver has as many attempts as it may have; the job should come back then. */
export type SlotAnswer =
  | { readonly kind: "taken"; readonly release: () => void }
  | { readonly kind: "full"; readonly comeBackInMs: number };

/** Bounds the attempts that one receiver has at a time, so that a slow one leaves room for all others. */
export interface ReceiverSlots {
  /** Waits a moment for a slot to become free, which with a quick receiver one soon does. */
  take(receiver: string): Promise<SlotAnswer>;
}

export interface ReceiverSlotsOptions {
  readonly perReceiver: number;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  /** How long `take` waits at most. */
  readonly patienceMs?: number;
}

interface Receiver {
  running: number;
  readonly waiters: Set<() => void>;
  /** Of its latest attempts, each counting for a fifth. */
  averageMs: number;
  /** When those that were sent away so far will have had their turn, if the pace stays. */
  busyUntilMs: number;
}

const firstGuessMs = 20;
const shortestAbsenceMs = 50;
const longestAbsenceMs = 30_000;
const mostKnown = 1_000;

/**
 * Whoever is sent away comes back when it may be its turn, by the receiver's pace: a thousand jobs that all come back at once
 * would keep the queue busy with nothing.
 */
export function createReceiverSlots(options: ReceiverSlotsOptions): ReceiverSlots {
  const { perReceiver, now, patienceMs = 100 } = options;
  const receivers = new Map<string, Receiver>();

  function receiverOf(name: string): Receiver {
    const known = receivers.get(name);
    if (known !== undefined) return known;
    if (receivers.size >= mostKnown) forgetIdle();
    const receiver = { running: 0, waiters: new Set<() => void>(), averageMs: firstGuessMs, busyUntilMs: 0 };
    receivers.set(name, receiver);
    return receiver;
  }

  function forgetIdle(): void {
    for (const [name, { running, waiters }] of receivers)
      if (running === 0 && waiters.size === 0) receivers.delete(name);
  }

  function occupy(receiver: Receiver): SlotAnswer {
    const startedAtMs = now();
    let isReleased = false;
    receiver.running += 1;
    return {
      kind: "taken",
      release() {
        if (isReleased) return;
        isReleased = true;
        receiver.running -= 1;
        receiver.averageMs += (now() - startedAtMs - receiver.averageMs) / 5;
        const [next] = receiver.waiters;
        next?.();
      },
    };
  }

  function sendAway(receiver: Receiver): SlotAnswer {
    const nowMs = now();
    const turnAtMs = Math.max(nowMs, receiver.busyUntilMs) + receiver.averageMs / perReceiver;
    receiver.busyUntilMs = Math.min(turnAtMs, nowMs + longestAbsenceMs);
    return {
      kind: "full",
      comeBackInMs: Math.ceil(Math.max(receiver.busyUntilMs - nowMs, shortestAbsenceMs)),
    };
  }

  return {
    async take(name) {
      const receiver = receiverOf(name);
      if (receiver.running < perReceiver) return occupy(receiver);
      // More than so many would hold up others as much as attempts do.
      if (receiver.waiters.size >= perReceiver) return sendAway(receiver);
      return new Promise((resolve) => {
        const settle = (answer: (receiver: Receiver) => SlotAnswer): void => {
          receiver.waiters.delete(next);
          clearTimeout(timer);
          resolve(answer(receiver));
        };
        const next = (): void => settle(occupy);
        const timer = setTimeout(() => settle(sendAway), patienceMs);
        receiver.waiters.add(next);
      });
    },
  };
}
