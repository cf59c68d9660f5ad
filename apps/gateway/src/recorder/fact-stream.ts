import type { Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";

export type StreamRow = [id: string, fields: string[]];

export interface FactStreamOptions {
  readonly redis: Redis;
  readonly keyspace: Pick<Keyspace, "facts">;
  readonly consumerName: string;
  /** Rows read at once. */
  readonly count: number;
}

/** The fact stream as one consumer of the group sees it. */
export interface FactStream {
  createGroup(): Promise<void>;
  /** Rows that another consumer, or this one before an outage, has read so long ago and not acknowledged. */
  takeOver(idleMs: number): Promise<StreamRow[]>;
  /** New rows; waits up to a second for the first, unless `extra` limits it to what is there. */
  readNew(extra?: number): Promise<StreamRow[]>;
  /** In one step: `done` leaves the stream, and of these `setAside` goes to the side. */
  acknowledge(rows: {
    readonly done: readonly string[];
    readonly setAside: readonly StreamRow[];
  }): Promise<void>;
  /** Rows at the side, oldest first. @param after an id of them as `(id`, or `-`. */
  readSetAside(after: string): Promise<StreamRow[]>;
  forgetSetAside(ids: readonly string[]): Promise<void>;
  /** Strikes consumers that hold no rows and were not heard from for an hour: gateways that crashed. */
  dropGone(): Promise<void>;
  /** Strikes this consumer from the group's list, unless it still holds rows. */
  leave(): Promise<void>;
}

const group = "recorder";
const blockMs = 1_000;
const goneAfterMs = 3_600_000;
/** Beyond that the oldest rows at the side go. */
const mostSetAside = 10_000;

export function createFactStream({ redis, keyspace, consumerName, count }: FactStreamOptions): FactStream {
  const { facts } = keyspace;
  const aside = `${facts}:set-aside`;
  return {
    async createGroup() {
      await redis.xgroup("CREATE", facts, group, "0", "MKSTREAM").catch((error: unknown) => {
        if (!(error instanceof Error) || !error.message.startsWith("BUSYGROUP")) throw error;
      });
    },
    async takeOver(idleMs) {
      const [, rows] = (await redis.xautoclaim(facts, group, consumerName, idleMs, "0", "COUNT", count)) as [
        string,
        (StreamRow | [string, null])[],
      ];
      return rows.filter((row): row is StreamRow => row[1] !== null);
    },
    async readNew(extra) {
      const reading = ["GROUP", group, consumerName, "COUNT", extra ?? count] as const;
      const from = ["STREAMS", facts, ">"] as const;
      const reply = (
        extra === undefined
          ? await redis.xreadgroup(...reading, "BLOCK", blockMs, ...from)
          : await redis.xreadgroup(...reading, ...from)
      ) as [string, StreamRow[]][] | null;
      return reply?.[0]?.[1] ?? [];
    },
    async acknowledge({ done, setAside }) {
      if (done.length === 0) return;
      const step = redis.multi();
      for (const [, fields] of setAside) step.xadd(aside, "MAXLEN", "~", mostSetAside, "*", ...fields);
      const replies = await step
        .xack(facts, group, ...done)
        .xdel(facts, ...done)
        .exec();
      for (const [error] of replies ?? []) if (error !== null) throw error;
    },
    readSetAside: (after) => redis.xrange(aside, after, "+", "COUNT", count),
    async forgetSetAside(ids) {
      await redis.xdel(aside, ...ids);
    },
    async dropGone() {
      const consumers = (await redis.xinfo("CONSUMERS", facts, group)) as (string | number)[][];
      for (const fields of consumers) {
        const [name, pending, idleMs] = ["name", "pending", "idle"].map(
          (key) => fields[fields.indexOf(key) + 1],
        );
        if (pending === 0 && Number(idleMs) > goneAfterMs)
          await redis.xgroup("DELCONSUMER", facts, group, String(name));
      }
    },
    async leave() {
      const held = await redis.xpending(facts, group, "-", "+", 1, consumerName);
      if (held.length === 0) await redis.xgroup("DELCONSUMER", facts, group, consumerName);
    },
  };
}

/** A Redis that lost its data has lost the group with it. */
export function isGroupGone(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOGROUP");
}
