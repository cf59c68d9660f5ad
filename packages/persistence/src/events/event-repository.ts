import type { Kysely } from "kysely";
import { parseJsonColumn } from "../read-row.ts";
import type { Schema } from "../schema/schema.ts";
import { takeIds } from "../sequence.ts";
import { storableText } from "../storable-text.ts";
import { transaction } from "../transaction.ts";

export interface NewEvent {
  readonly timestampMs: number;
  /** E.g. `route_success`. */
  readonly type: string;
  /** Plain JSON. */
  readonly data: unknown;
}

export interface StoredEvent extends NewEvent {
  /** Rises with every event, also over several gateways: whoever has seen an id has seen all before it. */
  readonly id: number;
}

export interface EventRepository {
  /** Gives the events their ids, in the order given. */
  readonly append: (events: readonly NewEvent[]) => Promise<StoredEvent[]>;
  /** The oldest events after `id`, at most `limit`, oldest first: what a reader that has seen `id` has missed. */
  readonly listAfter: (
    id: number,
    options: { readonly limit: number; readonly types?: readonly string[] },
  ) => Promise<StoredEvent[]>;
  /** The newest id; 0 when there was never an event. */
  readonly lastId: () => Promise<number>;
}

/** Rows per statement, far below the parameters a statement may have. */
const chunkSize = 500;

/** @param db a database, or a transaction to take part in. */
export function createEventRepository(db: Kysely<Schema>): EventRepository {
  return {
    async append(events) {
      if (events.length === 0) return [];
      return transaction(db, async (begun) => {
        const firstId = await takeIds(begun, { name: "events", count: events.length });
        const rows = events.map(({ timestampMs, type, data }, index) => ({
          id: firstId + index,
          timestamp_ms: Math.round(timestampMs),
          type: storableText(type),
          data_json: JSON.stringify(data ?? null),
        }));
        for (let start = 0; start < rows.length; start += chunkSize) {
          await begun
            .insertInto("events")
            .values(rows.slice(start, start + chunkSize))
            .execute();
        }
        return events.map((event, index) => ({ id: firstId + index, ...event }));
      });
    },
    async listAfter(id, { limit, types }) {
      const rows = await db
        .selectFrom("events")
        .selectAll()
        .where("id", ">", id)
        .$if(types !== undefined, (query) => query.where("type", "in", types ?? []))
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        timestampMs: row.timestamp_ms,
        type: row.type,
        data: parseJsonColumn(row.data_json),
      }));
    },
    async lastId() {
      const { last_value } = await db
        .selectFrom("sequences")
        .select("last_value")
        .where("name", "=", "events")
        .executeTakeFirstOrThrow();
      return last_value;
    },
  };
}
