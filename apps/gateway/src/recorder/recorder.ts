import type {
  CallIncidentFact,
  Fact,
  Keyspace,
  RequestFinishedFact,
  RunChangedFact,
  WebhookAttemptedFact,
} from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { createFactStream, isGroupGone, type FactStream, type StreamRow } from "./fact-stream.ts";
import { readFact } from "./read-fact.ts";

interface FactBatch {
  readonly finished: readonly RequestFinishedFact[];
  readonly incidents: readonly CallIncidentFact[];
  readonly runs: readonly RunChangedFact[];
  /** Attempts to deliver webhooks; absent: none. */
  readonly webhookAttempts?: readonly WebhookAttemptedFact[];
}

interface RecordedFacts {
  /** Requests that were not there before. */
  readonly fresh: readonly RequestFinishedFact[];
  /** New rows of the request log, of incidents and of webhook attempts, and runs that are new or went on. */
  readonly rows: number;
}

/** Where facts become rows: all of a batch or nothing, and each fact once, however often it comes. */
export interface FactStore {
  record(batch: FactBatch): Promise<RecordedFacts>;
}

export interface SetAside {
  readonly count: number;
  /** Why, one sentence part each, without repetitions. */
  readonly reasons: readonly string[];
}

export interface RecorderOptions {
  /** A blocking connection of its own. */
  readonly redis: Redis;
  readonly keyspace: Pick<Keyspace, "facts">;
  readonly store: FactStore;
  readonly consumerName: string;
  readonly onRecorded: (rows: number) => void;
  /** Facts that could not become rows; they are kept apart in Redis, and the next start tries them again. */
  readonly onSetAside: (facts: SetAside) => void;
  readonly onError: (error: Error) => void;
  /** Of a recorder that is not heard from; its facts are taken over then. Default 10 s. */
  readonly takeOverIdleMs?: number;
  /** Between two attempts to write. Default 1 s. */
  readonly retryMs?: number;
}

/** Small batches keep the synchronous SQLite write off the request path for a few milliseconds at a time. */
const batchSize = 32;
/** Facts that come one by one are gathered for this long: a transaction for each would compete with the requests. */
const gatherMs = 200;
const defaultRetryMs = 1_000;
const defaultTakeOverIdleMs = 10_000;
/** How often a recorder looks for facts of one that died, as a share of the time after which it counts as dead. */
const takeOverChecks = 5;
/** After so many failures the facts of a batch are tried one by one, to find the one that cannot be written. */
const patientFailures = 3;

/**
 * Reads the fact stream as a consumer group and writes batches to SQL, acknowledging after the write: a crash repeats
 * facts, which the store ignores, and loses none. What cannot be read, or cannot be written although others can, is set
 * aside, so that it holds nobody up.
 */
export async function startRecorder(options: RecorderOptions): Promise<AsyncDisposable> {
  const stopping = new AbortController();
  const stream = createFactStream({ ...options, count: batchSize });
  await stream.createGroup();
  const running = createLoop(options, { stream, stop: stopping.signal })();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
      await stream.leave().catch(() => undefined);
    },
  };
}

/** The loop's state is one batch: read, not yet acknowledged. */
function createLoop(
  options: RecorderOptions,
  { stream, stop }: { readonly stream: FactStream; readonly stop: AbortSignal },
): () => Promise<void> {
  const { store, onRecorded, onSetAside, onError } = options;
  const { takeOverIdleMs = defaultTakeOverIdleMs, retryMs = defaultRetryMs } = options;
  let held: StreamRow[] = [];
  let failures = 0;
  let hasGroup = true;
  let nextTakeOverAtMs = 0;

  async function fill(): Promise<void> {
    if (performance.now() >= nextTakeOverAtMs) {
      held = await stream.takeOver(takeOverIdleMs);
      if (held.length < batchSize) nextTakeOverAtMs = performance.now() + takeOverIdleMs / takeOverChecks;
    }
    if (held.length === 0) held = await stream.readNew();
  }

  async function writeHeld(): Promise<void> {
    const { facts, unreadable } = sort(held);
    if (failures < patientFailures) onRecorded((await store.record(batchOf(facts))).rows);
    else unreadable.push(...(await writeOneByOne(facts)));
    await stream.acknowledge({
      done: held.map(([id]) => id),
      setAside: unreadable.map(({ row }) => row),
    });
    if (unreadable.length > 0) onSetAside(setAsideOf(unreadable));
  }

  /** Gives the facts that cannot be written. @throws the last error when none can: then it is not the facts. */
  async function writeOneByOne(facts: readonly HeldFact[]): Promise<Unreadable[]> {
    const refused: Unreadable[] = [];
    let taken: HeldFact | null = null;
    let lastError: unknown = null;
    for (const fact of facts) {
      try {
        onRecorded((await store.record(batchOf([fact]))).rows);
        taken = fact;
      } catch (error) {
        lastError = error;
        refused.push({ row: fact.row, reason: "the database refuses it while it takes others" });
      }
    }
    if (refused.length === 0) return refused;
    if (taken !== null) {
      // A repetition changes nothing, and shows that the database has not gone away in the meantime.
      await store.record(batchOf([taken]));
      return refused;
    }
    // Company for a fact that is alone: only among others is it seen whose fault it is.
    if (held.length < batchSize) held.push(...(await stream.readNew(batchSize - held.length)));
    throw lastError;
  }

  return async () => {
    await stream.dropGone().catch(onError);
    await retrySetAside({ stream, options });
    while (!stop.aborted) {
      try {
        if (!hasGroup) await stream.createGroup();
        hasGroup = true;
        if (held.length === 0) await fill();
        const { length } = held;
        if (length > 0) await writeHeld();
        held = [];
        failures = 0;
        if (length < batchSize) await pause(gatherMs, stop);
      } catch (error) {
        if (stop.aborted) return;
        failures += 1;
        onError(error instanceof Error ? error : new Error(String(error)));
        await pause(retryMs, stop);
        hasGroup = !isGroupGone(error);
      }
    }
  };
}

/** Once, at the start: what an older release could not read may be plain to this one. */
async function retrySetAside({
  stream,
  options: { store, onRecorded, onError },
}: {
  readonly stream: FactStream;
  readonly options: RecorderOptions;
}): Promise<void> {
  try {
    for (let after = "-"; ;) {
      const rows = await stream.readSetAside(after);
      const last = rows.at(-1);
      if (last === undefined) return;
      const { facts } = sort(rows);
      if (facts.length > 0) {
        onRecorded((await store.record(batchOf(facts))).rows);
        await stream.forgetSetAside(facts.map(({ row: [id] }) => id));
      }
      after = `(${last[0]}`;
    }
  } catch (error) {
    // They stay where they are until the next start.
    onError(error instanceof Error ? error : new Error(String(error)));
  }
}

interface HeldFact {
  readonly row: StreamRow;
  readonly fact: Fact;
}

interface Unreadable {
  readonly row: StreamRow;
  readonly reason: string;
}

function sort(rows: readonly StreamRow[]): { facts: HeldFact[]; unreadable: Unreadable[] } {
  const facts: HeldFact[] = [];
  const unreadable: Unreadable[] = [];
  for (const row of rows) {
    const read = readFact(row[1]);
    if (read.kind === "fact") facts.push({ row, fact: read.fact });
    else unreadable.push({ row, reason: read.reason });
  }
  return { facts, unreadable };
}

function batchOf(held: readonly HeldFact[]): FactBatch {
  const facts = held.map(({ fact }) => fact);
  return {
    finished: facts.filter((fact) => fact.type === "request-finished"),
    incidents: facts.filter((fact) => fact.type === "call-incident"),
    runs: facts.filter((fact) => fact.type === "run-changed"),
    webhookAttempts: facts.filter((fact) => fact.type === "webhook-attempted"),
  };
}

function setAsideOf(unreadable: readonly Unreadable[]): SetAside {
  return { count: unreadable.length, reasons: [...new Set(unreadable.map(({ reason }) => reason))] };
}

/** Ends early when the recorder stops. */
function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return sleep(durationMs, undefined, { signal }).catch(() => undefined);
}
