import type { Keyspace } from "@tokenhub/contracts";
import { createBatchRepository, createFileRepository, type StoredBatch } from "@tokenhub/persistence";
import type { Redis } from "ioredis";
import { setImmediate as nextTurn } from "node:timers/promises";
import { cancelLines, type CancelLinesDeps } from "./cancel-lines.ts";
import { checkBatch, type CheckBatchDeps } from "./check-batch.ts";
import { cleanUp } from "./clean-up.ts";
import { expandNextLines, type ExpanderDeps } from "./expander.ts";
import { finishBatch, type FinisherDeps } from "./finisher.ts";
import { nextStep } from "./next-step.ts";
import { shareRoom } from "./share-room.ts";

export interface BatchServiceDeps extends ExpanderDeps, FinisherDeps, CheckBatchDeps, CancelLinesDeps {
  /** This gateway. */
  readonly owner: string;
  /** Hears of jobs that have ended. */
  readonly subscriber: Redis;
  readonly keyspace: Pick<Keyspace, "jobsChannel">;
  /** There are new jobs. */
  readonly onAccepted: () => void;
  /** No other gateway can use the database: batches of any other are left over. */
  readonly isAlone: boolean;
  readonly intervalMs?: number;
}

/** Moves the batches of this gateway on, until each has ended. */
export interface BatchService extends AsyncDisposable {
  /** There may be something to do. */
  wake(): void;
}

const defaultIntervalMs = 1_000;
/** Ends of jobs come by the hundred; they are answered together. */
const gatherMs = 50;
/** A gateway that was not seen for so long has died. */
const goneAfterMs = 15_000;
const budgetPauseMs = 10_000;
const cleanUpIntervalMs = 60_000;

export function startBatchService(deps: BatchServiceDeps): BatchService {
  const { db, owner, isAlone, now, subscriber, keyspace, onError } = deps;
  const { intervalMs = defaultIntervalMs } = deps;
  const batches = createBatchRepository(db);
  /** What takes its time, by batch; never two at once for one. */
  const tasks = new Map<string, Promise<unknown>>();
  const pausedUntilMs = new Map<string, number>();
  const leaving = new AbortController();
  let hasOpen = false;
  let isRunning = false;
  let isAskedAgain = false;
  let current: Promise<void> = Promise.resolve();
  let gathering: NodeJS.Timeout | undefined;
  let cleanedAtMs = -Infinity;

  function wake(): void {
    isAskedAgain = true;
    if (isRunning || leaving.signal.aborted) return;
    isRunning = true;
    current = passes().finally(() => (isRunning = false));
  }

  async function passes(): Promise<void> {
    while (isAskedAgain && !leaving.signal.aborted) {
      isAskedAgain = false;
      await pass().catch(onError);
    }
  }

  async function pass(): Promise<void> {
    const aliveSinceMs = isAlone ? Number.MAX_SAFE_INTEGER : now() - goneAfterMs;
    await batches.claimOrphans({ owner, aliveSinceMs });
    const open = await batches.open();
    const rooms = shareRoom(open);
    const own = open.filter((batch) => batch.owner === owner);
    hasOpen = own.length > 0;
    for (const id of pausedUntilMs.keys())
      if (!own.some((batch) => batch.id === id)) pausedUntilMs.delete(id);
    let isMore = false;
    // Each batch a few lines in turn, so that the large ones do not make the others wait.
    for (const batch of own) {
      if (leaving.signal.aborted) return;
      if (await advance(batch, rooms.get(batch.id) ?? 0).catch(reportOf(batch))) isMore = true;
    }
    if (isMore) isAskedAgain = true;
    await nextTurn();
  }

  /** Whether there is more to do at once. */
  async function advance(batch: StoredBatch, room: number): Promise<boolean> {
    const step = nextStep(batch, { room, nowMs: now() });
    switch (step.kind) {
      case "check":
        begin(batch, () => checkBatch(deps, { batch, signal: leaving.signal }));
        return false;
      case "finish":
        begin(batch, () => finishBatch(deps, batch.id));
        return false;
      case "cancel_jobs":
        begin(batch, () => cancelLines(deps, batch));
        return false;
      case "expand":
        return expand(batch, step.lines);
      case "wait":
        return false;
    }
  }

  async function expand(batch: StoredBatch, lines: number): Promise<boolean> {
    if ((pausedUntilMs.get(batch.id) ?? 0) > now()) return false;
    const expansion = await expandNextLines(deps, { batch, lines });
    if (expansion.kind === "expanded") deps.onAccepted();
    if (expansion.kind === "budget_used_up") pausedUntilMs.set(batch.id, now() + budgetPauseMs);
    return expansion.kind === "expanded" && expansion.lines < lines;
  }

  function begin(batch: StoredBatch, work: () => Promise<unknown>): void {
    if (tasks.has(batch.id) || leaving.signal.aborted) return;
    const task = work()
      .catch(reportOf(batch))
      .finally(() => tasks.delete(batch.id))
      // What failed is tried again by the timer, what was done may make room for more.
      .then((isDone) => (isDone === false ? undefined : wake()));
    tasks.set(batch.id, task);
  }

  const reportOf =
    ({ id }: StoredBatch) =>
    (error: unknown): false => {
      if (!leaving.signal.aborted)
        onError(new Error(`batch ${id} could not be moved on; it is tried again`, { cause: error }));
      return false;
    };

  async function clean(): Promise<void> {
    if (performance.now() - cleanedAtMs < cleanUpIntervalMs) return;
    cleanedAtMs = performance.now();
    await cleanUp({ files: createFileRepository(db), batches }, now());
  }

  function onMessage(channel: string, message: string): void {
    if (channel !== keyspace.jobsChannel || !hasOpen || !message.startsWith("ended:")) return;
    gathering ??= setTimeout(() => {
      gathering = undefined;
      wake();
    }, gatherMs);
  }

  subscriber.on("message", onMessage);
  // Whoever does not hear of an end finds out by looking.
  subscriber.subscribe(keyspace.jobsChannel).catch(onError);
  const timer = setInterval(() => {
    wake();
    void clean().catch(onError);
  }, intervalMs);
  wake();
  return {
    wake,
    async [Symbol.asyncDispose]() {
      leaving.abort();
      clearInterval(timer);
      clearTimeout(gathering);
      subscriber.off("message", onMessage);
      await Promise.all([current, ...tasks.values()]);
    },
  };
}
