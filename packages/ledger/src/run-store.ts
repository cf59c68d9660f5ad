import {
  runEventSchema,
  runInputSchema,
  runStateSchema,
  TokenHubError,
  type Keyspace,
  type RunChangedFact,
  type RunEvent,
  type RunInput,
  type RunState,
} from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { loadRedisScript } from "./redis-script.ts";

const createScript = loadRedisScript("run-create");
const saveScript = loadRedisScript("run-save");
const settleScript = loadRedisScript("run-settle");
const takeDueScript = loadRedisScript("run-take-due");

export interface NewRun {
  readonly input: RunInput;
  readonly state: RunState;
  readonly fact: RunChangedFact;
  /** Unix milliseconds after which a reconciler looks at the run, should nobody else do so before. */
  readonly dueAtMs: number;
  /** How long the run is kept when it is never saved again. */
  readonly ttlMs: number;
}

export interface LoadedRun {
  /** 1 at the start, one more for every save. */
  readonly version: number;
  readonly state: RunState;
  /** Null when it was not asked for. */
  readonly input: RunInput | null;
  /** True once the end of this very version has been announced. */
  readonly announced: boolean;
}

export interface RunSave {
  readonly runId: string;
  /** The version that the new state was worked out from. */
  readonly expectedVersion: number;
  readonly state: RunState;
  /** What happened since, in order. */
  readonly events: readonly RunEvent[];
  /** As in `NewRun`; null: never. */
  readonly dueAtMs: number | null;
  readonly ttlMs: number;
  /** A `RunChangedFact` as JSON, for the books. */
  readonly factJson?: string;
}

/** `conflict`: another one saved first, so load again. `gone`: there is no such run (any more). */
export type SaveOutcome =
  | { readonly kind: "saved"; readonly version: number }
  | { readonly kind: "conflict" }
  | { readonly kind: "gone" };

/** An event and its number, counted from 1. */
export interface NumberedRunEvent {
  readonly number: number;
  readonly event: RunEvent;
}

/**
 * The orchestrations in flight: what each was started with, how far it is, what it has told and when it is to be looked at.
 * Every method is one atomic Redis step. Redis errors reject as they are.
 */
export interface RunStore {
  /** False when the run exists already: a repeat changes nothing. */
  create(run: NewRun): Promise<boolean>;
  /**
   * Null when there is no such run (any more).
   * @throws TokenHubError `internal_error` when this release cannot read what is stored; it names the run only.
   */
  load(runId: string, options: { readonly withInput: boolean }): Promise<LoadedRun | null>;
  /** Compare-and-set. Its events are numbered, kept, and published on the run's reply channel. */
  save(save: RunSave): Promise<SaveOutcome>;
  /**
   * Events with a number above `afterNumber`, oldest first. Who follows live subscribes first, then reads.
   * @throws TokenHubError as `load` does.
   */
  readEvents(runId: string, afterNumber: number, limit: number): Promise<NumberedRunEvent[]>;
  /**
   * Ids of runs that are due, the longest due first; each is put off to `nextDueMs`, Unix milliseconds after `nowMs`, in the
   * same step, so that it comes back if whoever took it dies.
   * @throws RangeError when `nextDueMs` is not later than `nowMs`.
   */
  takeDue(question: {
    readonly nowMs: number;
    readonly limit: number;
    readonly nextDueMs: number;
  }): Promise<string[]>;
  /**
   * After the end of a run was announced: marks it so, takes it off the runs that are due and keeps it for followers for a
   * while. False when the run has been saved since `version` (a retry): it stays due. A run that is gone is only taken off.
   */
  settle(runId: string, seen: { readonly version: number }): Promise<boolean>;
}

export interface RunStoreSettings {
  /** How long a run and its events are kept after its end was announced. */
  readonly settledTtlMs: number;
}

export const defaultRunStoreSettings: RunStoreSettings = { settledTtlMs: 3_600_000 };

/** @param redis a connected client; it stays the caller's to close. */
export function createRunStore(
  redis: Redis,
  keyspace: Keyspace,
  settings: RunStoreSettings = defaultRunStoreSettings,
): RunStore {
  return {
    async create({ input, state, fact, dueAtMs, ttlMs }) {
      const { runId } = input;
      const keys = [keyspace.run(runId), keyspace.runLog(runId), keyspace.runsDue, keyspace.facts];
      const args = [
        JSON.stringify(input),
        JSON.stringify(state),
        JSON.stringify(fact),
        runId,
        Math.ceil(dueAtMs),
        durationOf(ttlMs),
      ];
      return (await createScript.run(redis, keys, args)) === 1;
    },
    async load(runId, { withInput }) {
      const wanted = ["version", "announced", "state", ...(withInput ? ["input"] : [])];
      const [version, announced, state, input] = await redis.hmget(keyspace.run(runId), ...wanted);
      if (version === undefined || version === null) return null;
      return {
        version: Number(version),
        announced: announced === "1",
        state: readStored(runStateSchema, { text: state, what: "state", runId }),
        input: withInput ? readStored(runInputSchema, { text: input, what: "input", runId }) : null,
      };
    },
    async save({ runId, expectedVersion, state, events, dueAtMs, ttlMs, factJson }) {
      const keys = [keyspace.run(runId), keyspace.runLog(runId), keyspace.runsDue, keyspace.facts];
      const args = [
        expectedVersion,
        JSON.stringify(state),
        dueAtMs === null ? "" : Math.ceil(dueAtMs),
        durationOf(ttlMs),
        factJson ?? "",
        runId,
        keyspace.replyChannel(runId),
        ...events.map((event) => JSON.stringify(event)),
      ];
      const [kind, version] = (await saveScript.run(redis, keys, args)) as [SaveOutcome["kind"], number?];
      return kind === "saved" ? { kind, version: Number(version) } : { kind };
    },
    async readEvents(runId, afterNumber, limit) {
      const entries = await redis.xrange(
        keyspace.runLog(runId),
        `${afterNumber + 1}-0`,
        "+",
        "COUNT",
        Math.max(1, limit),
      );
      return entries.map(([id, fields]) => ({
        number: Number.parseInt(id, 10),
        event: readStored(runEventSchema, { text: fields[1], what: "event", runId }),
      }));
    },
    async takeDue({ nowMs, limit, nextDueMs }) {
      if (nextDueMs <= nowMs)
        throw new RangeError("A run that was taken up must be due again at a later time.");
      const args = [Math.floor(nowMs), Math.max(1, limit), Math.ceil(nextDueMs)];
      return (await takeDueScript.run(redis, [keyspace.runsDue], args)) as string[];
    },
    async settle(runId, { version }) {
      const keys = [keyspace.run(runId), keyspace.runLog(runId), keyspace.runsDue];
      return (await settleScript.run(redis, keys, [version, runId, settings.settledTtlMs])) === 1;
    },
  };
}

/** Redis takes whole milliseconds, at least one. */
function durationOf(ttlMs: number): number {
  return Math.max(1, Math.ceil(ttlMs));
}

interface Schema<Value> {
  safeParse(value: unknown): { readonly success: true; readonly data: Value } | { readonly success: false };
}

/** Neither the parser's words nor a cause are passed on: both may quote what a caller wrote. */
function readStored<Value>(
  schema: Schema<Value>,
  { text, what, runId }: { text: string | null | undefined; what: string; runId: string },
): Value {
  const parsed = schema.safeParse(parseJson(text ?? ""));
  if (parsed.success) return parsed.data;
  throw new TokenHubError(
    "internal_error",
    `The stored ${what} of run ${runId} cannot be read by this release of TokenHub.`,
  );
}

/** Undefined for text that is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No schema of this file takes undefined, so it is reported with the run's name.
    return undefined;
  }
}
