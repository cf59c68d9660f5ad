import type { Keyspace } from "@tokenhub/contracts";
import {
  createBatchLines,
  createBatchRepository,
  createFileRepository,
  readFileBytes,
  transaction,
  type StoredBatch,
} from "@tokenhub/persistence";
import type { Redis } from "ioredis";
import { setImmediate as nextTurn } from "node:timers/promises";
import { eventsOfBatchEnd } from "../webhooks/batch-events.ts";
import { cleanUp } from "./clean-up.ts";
import { expandNextLines, type ExpanderDeps } from "./expander.ts";
import { finishBatch, type FinisherDeps } from "./finisher.ts";
import type { InputChecker } from "./input-checker.ts";
import { nextStep } from "./next-step.ts";
import { shareRoom } from "./share-room.ts";

export interface BatchServiceDeps extends ExpanderDeps, FinisherDeps {
  /** This gateway. */
  readonly owner: string;
  readonly checker: InputChecker;
  /** Ends a job that has not ended, or asks for its end. */
  readonly cancelJob: (jobId: string, scope: { readonly tenantId: string }) => Promise<unknown>;
  /** Hears of jobs that have ended. */
  readonly subscriber: Redis;
  readonly keyspace: Pick<Keyspace, "jobsChannel">;
  /** There are new jobs. */
  readonly onAccepted: () => void;
  /** No other gateway can use the database: batches of any other are left over. */
  readonly isAlone: boolean;
  readonly onError: (error: unknown) => void;
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
const cancelledAtOnce = 500;
/** A running job that has not ended so long after its cancellation is told again. */
const unheardAfterMs = 5_000;

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
        begin(batch, () => cancelJobs(deps, batch));
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

interface CheckedBatch {
  readonly batch: StoredBatch;
  readonly signal: AbortSignal;
}

/** Reads a new batch's input; it is carried out when nothing is wrong with it, and has failed otherwise. */
async function checkBatch(deps: BatchServiceDeps, { batch, signal }: CheckedBatch): Promise<void> {
  const { db, checker, lineBytes, now } = deps;
  const { surface, endpoint } = batch;
  const bytes = untilAborted(readFileBytes(db, batch.inputFileId), signal);
  const { total, model, problems } = await checker.check({ surface, endpoint, lineBytes }, bytes);
  const nowMs = now();
  const from = ["validating"] as const;
  if (problems.length === 0) {
    const changes = { total, model, inProgressAtMs: nowMs };
    await createBatchRepository(db).move(batch.id, { from, to: "in_progress", changes });
    return;
  }
  let deliveries = 0;
  await transaction(db, async (begun) => {
    const changes = { total, model, problems, finishedAtMs: nowMs };
    const repository = createBatchRepository(begun);
    if (!(await repository.move(batch.id, { from, to: "failed", changes }))) return;
    const { id, tenantId, projectId } = batch;
    const ended = { id, tenantId, projectId, state: "failed", finishedAtMs: nowMs } as const;
    deliveries = await deps.recordEvents(begun, eventsOfBatchEnd(ended));
  });
  if (deliveries > 0) deps.onEventsRecorded();
}

async function* untilAborted<Value>(
  values: AsyncIterable<Value>,
  signal: AbortSignal,
): AsyncGenerator<Value, void, undefined> {
  for await (const value of values) {
    signal.throwIfAborted();
    yield value;
  }
}

/** @returns false: it is looked at again when the timer says so, or jobs have ended. */
async function cancelJobs(deps: BatchServiceDeps, batch: StoredBatch): Promise<false> {
  const { db, cancelJob, now, onError } = deps;
  const lines = createBatchLines(db);
  const cancelledBeforeMs = now() - unheardAfterMs;
  for (;;) {
    const jobIds = await lines.toCancel({ batchId: batch.id, cancelledBeforeMs, limit: cancelledAtOnce });
    // Together: one that runs is waited for until its end.
    const { tenantId } = batch;
    await Promise.all(jobIds.map((jobId) => cancelJob(jobId, { tenantId }).catch(onError)));
    if (jobIds.length < cancelledAtOnce) return false;
    await nextTurn();
  }
}
