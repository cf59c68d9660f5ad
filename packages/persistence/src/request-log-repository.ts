import type { RequestFinishedFact } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { inTransaction } from "./catalogue-version.ts";
import {
  entryOfRow,
  rowOfFact,
  summaryOfRow,
  type RequestLogEntry,
  type RequestLogSummary,
} from "./request-log-row.ts";
import type { Schema } from "./schema.ts";

export type { RequestLogEntry, RequestLogSummary } from "./request-log-row.ts";

/** Rows per statement: 33 columns each stay far below the 32,766 parameters of SQLite. */
const chunkSize = 100;

export interface RequestLogRepository {
  /**
   * Writes one row per fact in one transaction and gives the number of new rows. A fact whose event or request is already
   * there is ignored, so a batch may be repeated after a crash.
   */
  readonly insertFinished: (
    facts: readonly RequestFinishedFact[],
    options?: {
      /** The price of a request in billionths of a US dollar; null when unknown. Default: always unknown. */
      readonly costNanoUsd?: (fact: RequestFinishedFact) => number | null;
    },
  ) => Promise<number>;
  readonly get: (requestId: string) => Promise<RequestLogEntry | null>;
  /** Newest first. Pass the last entry of a page as `before` to get the next one. */
  readonly list: (page: {
    /** Null: of all tenants. */
    readonly tenantId: string | null;
    readonly limit: number;
    readonly before?: Pick<RequestLogSummary, "acceptedAtMs" | "requestId"> | null;
  }) => Promise<RequestLogSummary[]>;
}

/** @param db a database, or a transaction to take part in. */
export function createRequestLogRepository(db: Kysely<Schema>): RequestLogRepository {
  return {
    insertFinished(facts, { costNanoUsd = () => null } = {}) {
      if (facts.length === 0) return Promise.resolve(0);
      const rows = facts.map((fact) => rowOfFact(fact, { costNanoUsd: costNanoUsd(fact) }));
      return inTransaction(db, async (transaction) => {
        let inserted = 0;
        for (let start = 0; start < rows.length; start += chunkSize) {
          const { numInsertedOrUpdatedRows = 0n } = await transaction
            .insertInto("request_log")
            .values(rows.slice(start, start + chunkSize))
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst();
          inserted += Number(numInsertedOrUpdatedRows);
        }
        return inserted;
      });
    },
    async get(requestId) {
      const row = await db
        .selectFrom("request_log")
        .selectAll()
        .where("request_id", "=", requestId)
        .executeTakeFirst();
      return row === undefined ? null : entryOfRow(row);
    },
    async list({ tenantId, limit, before = null }) {
      const rows = await db
        .selectFrom("request_log")
        .select(summaryColumns)
        .$if(tenantId !== null, (query) => query.where("tenant_id", "=", tenantId ?? ""))
        .$if(before !== null, (query) =>
          query.where((where) =>
            where.or([
              where("accepted_at_ms", "<", before?.acceptedAtMs ?? 0),
              where.and([
                where("accepted_at_ms", "=", before?.acceptedAtMs ?? 0),
                where("request_id", "<", before?.requestId ?? ""),
              ]),
            ]),
          ),
        )
        .orderBy("accepted_at_ms", "desc")
        .orderBy("request_id", "desc")
        .limit(limit)
        .execute();
      return rows.map(summaryOfRow);
    },
  };
}

const summaryColumns = [
  "request_id",
  "event_id",
  "tenant_id",
  "lane",
  "operation",
  "caller_format",
  "event_type",
  "outcome",
  "error_code",
  "failure_class",
  "model_id",
  "provider_id",
  "upstream_model",
  "requested_model",
  "stream",
  "accepted_at_ms",
  "finished_at_ms",
  "duration_ms",
  "time_to_first_token_ms",
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "reasoning_tokens",
  "usage_source",
  "attempt_count",
  "ambiguous_calls",
  "estimated_input_tokens",
  "cost_nano_usd",
  "orchestration_mode",
] as const;
