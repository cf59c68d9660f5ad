import type { FinalJobState } from "@tokenhub/contracts";
import { sql, type Kysely } from "kysely";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Schema } from "../schema/schema.ts";

/** How a line of a batch has ended. */
export interface EndedLine {
  /** From 1. */
  readonly line: number;
  readonly jobId: string;
  readonly requestId: string;
  readonly customId: string;
  readonly state: FinalJobState;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of its answer; 0 when there is none. */
  readonly answerBytes: number;
}

export interface LineAnswer {
  readonly statusCode: number;
  readonly body: string;
}

/** What has become of a batch's jobs. */
export interface BatchLines {
  /** Those behind a line, in the order of the input. */
  readonly ended: (page: {
    readonly batchId: string;
    readonly afterLine: number;
    readonly limit: number;
  }) => Promise<EndedLine[]>;
  /** By job; those that have none are missing. */
  readonly answers: (jobIds: readonly string[]) => Promise<ReadonlyMap<string, LineAnswer>>;
  /** Jobs that have not ended and that nobody has cancelled since then; first those that could begin meanwhile. */
  readonly toCancel: (request: {
    readonly batchId: string;
    /** A running job that was cancelled before it has not heard of it. */
    readonly cancelledBeforeMs: number;
    readonly limit: number;
  }) => Promise<string[]>;
  /** Deletes the answers of a batch's jobs, a few at a time: they are in its files. */
  readonly dropAnswers: (batchId: string, range: { readonly lastLine: number }) => Promise<void>;
}

const linesAtOnce = 200;

export function createBatchLines(db: Kysely<Schema>): BatchLines {
  return {
    async ended({ batchId, afterLine, limit }) {
      const { rows } = await sql<EndedLine>`
        select batch_line as line, id as "jobId", request_id as "requestId", coalesce(custom_id, '') as "customId", state,
          error_code as "errorCode", error_message as "errorMessage",
          coalesce(input_tokens, 0) as "inputTokens", coalesce(output_tokens, 0) as "outputTokens",
          coalesce(result_bytes, 0) as "answerBytes"
        from jobs
        where batch_id = ${batchId} and batch_line > ${afterLine}
          and state in ('succeeded', 'failed', 'cancelled', 'expired')
        order by batch_line limit ${limit}`.execute(db);
      return rows;
    },
    async answers(jobIds) {
      if (jobIds.length === 0) return new Map();
      const rows = await db
        .selectFrom("job_answers")
        .select(["job_id", "status_code", "body"])
        .where("job_id", "in", [...jobIds])
        .execute();
      return new Map(rows.map((row) => [row.job_id, { statusCode: row.status_code, body: row.body }]));
    },
    async toCancel({ batchId, cancelledBeforeMs, limit }) {
      const { rows } = await sql<{ readonly id: string }>`
        select id from jobs
        where batch_id = ${batchId} and (state in ('scheduled', 'queued')
          or (state = 'running'
            and (cancel_requested_at_ms is null or cancel_requested_at_ms < ${cancelledBeforeMs})))
        order by case state when 'running' then 1 else 0 end, batch_line limit ${limit}`.execute(db);
      return rows.map(({ id }) => id);
    },
    async dropAnswers(batchId, { lastLine }) {
      for (let line = 1; line <= lastLine; line += linesAtOnce) {
        await sql`
          delete from job_answers where job_id in
            (select id from jobs where batch_id = ${batchId}
             and batch_line >= ${line} and batch_line < ${line + linesAtOnce})`.execute(db);
        await nextTurn();
      }
    },
  };
}
