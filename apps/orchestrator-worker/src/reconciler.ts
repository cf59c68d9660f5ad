import { setTimeout as sleep } from "node:timers/promises";
import type { RunStore } from "@tokenhub/ledger";
import type { JobProducer } from "@tokenhub/queue";
import type { RunEvents } from "./events.ts";

export interface ReconcilerOptions {
  readonly runs: Pick<RunStore, "takeDue">;
  readonly producer: Pick<JobProducer, "addOrchestrate">;
  readonly events: Pick<RunEvents, "redriven">;
  readonly onError: (error: Error) => void;
  readonly now: () => number;
  readonly random: () => number;
  readonly intervalMs: number;
  /** When a run that was found due is looked at again unless something happens to it. */
  readonly repairAfterMs: number;
}

/** For a look that is under way when the stop comes. */
const stopLimitMs = 1_000;

/** Runs put before the workers at a time; what is left is found by the next look, or by another process. */
const batchSize = 200;
const batchesPerLook = 10;

const reminderPrefix = "due-";

/** Whether a run is looked at only because nothing was heard of it. */
export function isReminder(cause: string): boolean {
  return cause.startsWith(reminderPrefix);
}

/**
 * Finds runs that should have moved and did not, whatever was lost on the way, and has them looked at. Every process does so,
 * at its start and then about every `intervalMs`; each due run is taken by one of them.
 */
export function startReconciler(options: ReconcilerOptions): AsyncDisposable {
  const { onError, random, intervalMs } = options;
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  let looking: Promise<void> = Promise.resolve();

  const lookAgainLater = (): void => {
    if (!isStopped) timer = setTimeout(look, intervalMs * (0.5 + random()));
  };
  function look(): void {
    looking = redriveDueRuns(options)
      .catch((error: unknown) => onError(error instanceof Error ? error : new Error(String(error))))
      .finally(lookAgainLater);
  }
  look();
  return {
    async [Symbol.asyncDispose]() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      // What is asked of a Redis that is gone would never be answered.
      await Promise.race([looking, sleep(stopLimitMs, undefined, { ref: false })]);
    },
  };
}

async function redriveDueRuns({
  runs,
  producer,
  events,
  now,
  repairAfterMs,
}: ReconcilerOptions): Promise<void> {
  for (let batch = 0; batch < batchesPerLook; batch += 1) {
    const nowMs = Math.floor(now());
    const runIds = await runs.takeDue({ nowMs, limit: batchSize, nextDueMs: nowMs + repairAfterMs });
    await Promise.all(
      runIds.map((runId) =>
        producer.addOrchestrate({ v: 1, runId, cause: `${reminderPrefix}${nowMs}`, traceparent: null }),
      ),
    );
    if (runIds.length > 0) events.redriven(runIds);
    if (runIds.length < batchSize) return;
  }
}
