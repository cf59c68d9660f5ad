import {
  factSchema,
  type CallIncidentFact,
  type Keyspace,
  type RequestFinishedFact,
} from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";

/** Where facts become rows; every write is idempotent by event id. */
export interface FactStore {
  insertFinished(facts: readonly RequestFinishedFact[]): Promise<void>;
  insertIncidents(facts: readonly CallIncidentFact[]): Promise<void>;
}

export interface RecorderOptions {
  /** A blocking connection of its own. */
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly store: FactStore;
  readonly consumerName: string;
  readonly onRecorded: (rows: number) => void;
  readonly onError: (error: Error) => void;
}

const group = "recorder";
/** Small batches keep the synchronous SQLite write off the request path for about a millisecond at a time. */
const batchSize = 64;
const blockMs = 1_000;
/** Facts that come one by one are gathered for this long: a transaction for each would compete with the requests. */
const gatherMs = 200;
const retryMs = 1_000;
/** Facts of a recorder that died are taken over after this long. */
const takeOverIdleMs = 30_000;

/**
 * Reads the fact stream as a consumer group and writes batches to SQL, acknowledging after the write: a crash repeats
 * rows, which the store ignores, and loses none. Facts that do not parse are set aside with a log line, not retried for ever.
 */
export async function startRecorder(options: RecorderOptions): Promise<AsyncDisposable> {
  const { redis, keyspace, store, consumerName, onRecorded, onError } = options;
  let isStopping = false;
  const stopping = new AbortController();
  await createGroup();

  async function createGroup(): Promise<void> {
    await redis.xgroup("CREATE", keyspace.facts, group, "0", "MKSTREAM").catch((error: unknown) => {
      if (!(error instanceof Error) || !error.message.startsWith("BUSYGROUP")) throw error;
    });
  }

  async function takeOver(): Promise<StreamRow[]> {
    const reply = (await redis.xautoclaim(
      keyspace.facts,
      group,
      consumerName,
      takeOverIdleMs,
      "0",
      "COUNT",
      batchSize,
    )) as [string, StreamRow[]];
    return reply[1].filter((row) => row[1] !== null);
  }

  async function readNew(): Promise<StreamRow[]> {
    const reply = (await redis.xreadgroup(
      "GROUP",
      group,
      consumerName,
      "COUNT",
      batchSize,
      "BLOCK",
      blockMs,
      "STREAMS",
      keyspace.facts,
      ">",
    )) as [string, StreamRow[]][] | null;
    return reply?.[0]?.[1] ?? [];
  }

  async function record(rows: readonly StreamRow[]): Promise<void> {
    if (rows.length === 0) return;
    const facts = rows.map(([, fields]) => readFact(fields)).filter((fact) => fact !== null);
    if (facts.length < rows.length)
      onError(new Error(`${rows.length - facts.length} facts were of an unknown version and were set aside`));
    await store.insertFinished(facts.filter((fact) => fact.type === "request-finished"));
    await store.insertIncidents(facts.filter((fact) => fact.type === "call-incident"));
    const ids = rows.map(([id]) => id);
    await redis
      .pipeline()
      .xack(keyspace.facts, group, ...ids)
      .xdel(keyspace.facts, ...ids)
      .exec();
    onRecorded(facts.length);
  }

  async function run(): Promise<void> {
    let nextTakeOverAtMs = 0;
    let hasGroup = true;
    while (!isStopping) {
      try {
        if (!hasGroup) await createGroup();
        hasGroup = true;
        if (Date.now() >= nextTakeOverAtMs) {
          const left = await takeOver();
          await record(left);
          if (left.length === batchSize) continue;
          nextTakeOverAtMs = Date.now() + takeOverIdleMs;
        }
        const rows = await readNew();
        await record(rows);
        if (rows.length < batchSize) await pause(gatherMs);
      } catch (error) {
        if (isStopping) return;
        onError(error instanceof Error ? error : new Error(String(error)));
        await pause(retryMs);
        hasGroup = !isGroupGone(error);
      }
    }
  }

  /** Ends early when the recorder stops. */
  function pause(durationMs: number): Promise<void> {
    return sleep(durationMs, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      isStopping = true;
      stopping.abort();
      await running;
    },
  };
}

/** A Redis that lost its data has lost the group with it. */
function isGroupGone(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOGROUP");
}

type StreamRow = [id: string, fields: string[]];

function readFact(fields: readonly string[]): RequestFinishedFact | CallIncidentFact | null {
  const byName: Record<string, string> = {};
  for (let index = 0; index + 1 < fields.length; index += 2)
    byName[String(fields[index])] = String(fields[index + 1]);
  try {
    const fact: unknown = JSON.parse(byName["fact"] ?? "null");
    const result = byName["result"];
    const parsed = factSchema.safeParse(
      result === undefined ? fact : { ...(fact as object), result: JSON.parse(result) },
    );
    return parsed.success ? parsed.data : null;
  } catch {
    // Not JSON: set aside like any other fact we cannot read.
    return null;
  }
}
