/** Why a running call was stopped from outside. */
export type StopReason = "cancelled" | "deadline" | "shutdown" | "lost";

/** The calls this process is making, by request id, so that a cancellation from anywhere reaches the right socket. */
export interface RunningCalls {
  /** Starts the deadline timer; dispose when the call is over. */
  begin(requestId: string, deadlineInMs: number): RunningCall;
  readonly cancel: (requestId: string) => void;
}

export interface RunningCall extends Disposable {
  readonly signal: AbortSignal;
  stop(reason: StopReason): void;
  /** Null while nobody has stopped it. */
  stopReason(): StopReason | null;
}

export function createRunningCalls(): RunningCalls {
  const calls = new Map<string, RunningCall>();
  return {
    begin(requestId, deadlineInMs) {
      const controller = new AbortController();
      const stop = (reason: StopReason): void => controller.abort(reason);
      const timer = setTimeout(() => stop("deadline"), deadlineInMs);
      const call: RunningCall = {
        signal: controller.signal,
        stop,
        stopReason: () => (controller.signal.aborted ? (controller.signal.reason as StopReason) : null),
        [Symbol.dispose]() {
          clearTimeout(timer);
          if (calls.get(requestId) === call) calls.delete(requestId);
        },
      };
      calls.set(requestId, call);
      return call;
    },
    cancel(requestId) {
      calls.get(requestId)?.stop("cancelled");
    },
  };
}
