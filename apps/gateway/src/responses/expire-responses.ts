import type { ResponseRepository } from "@tokenhub/persistence";

export interface ExpiryOptions {
  readonly responses: Pick<ResponseRepository, "deleteExpired">;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  /** Default 10 min. */
  readonly intervalMs?: number;
}

const batchRows = 200;

/** Deletes responses that are past their time, now and then. Several gateways may do so at once. */
export function startExpiry({ responses, now, onError, intervalMs = 600_000 }: ExpiryOptions): Disposable {
  let isRunning = false;
  const timer = setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    responses
      .deleteExpired(now(), batchRows)
      .catch(onError)
      .finally(() => (isRunning = false));
  }, intervalMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
