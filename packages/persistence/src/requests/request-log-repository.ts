import type { RequestFinishedFact } from "@tokenhub/contracts";
import { sql, type Kysely, type SqlBool } from "kysely";
import { insertRows } from "../insert-rows.ts";
import {
  selectPage,
  whereContains,
  whereEquals,
  whereTime,
  type Condition,
  type Page,
  type PageRequest,
} from "../page.ts";
import { findRunModes } from "../runs/run-repository.ts";
import type { Schema } from "../schema/schema.ts";
import { transaction } from "../transaction.ts";
import {
  entryOfRow,
  rowOfFact,
  summaryOfRow,
  type RequestLogEntry,
  type RequestLogSummary,
  type SummaryRow,
} from "./request-log-row.ts";

export type { RequestLogEntry, RequestLogSummary } from "./request-log-row.ts";

export interface RequestLogFilters {
  readonly tenantId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly modelId?: string | undefined;
  readonly providerId?: string | undefined;
  readonly aliasId?: string | undefined;
  readonly outcome?: RequestLogSummary["outcome"] | undefined;
  readonly errorCode?: string | undefined;
  readonly operation?: RequestLogSummary["operation"] | undefined;
  readonly routingMode?: string | undefined;
  /** The orchestration that the requests were calls of. */
  readonly runId?: string | undefined;
  /** When accepted, inclusive. */
  readonly fromMs?: number | undefined;
  /** When accepted, exclusive. */
  readonly toMs?: number | undefined;
  /** Part of the request id or of the requested model. */
  readonly text?: string | undefined;
}

export interface RequestLogRepository {
  /**
   * Writes one row per fact in one transaction and gives the number of new rows. A fact whose event or request is already
   * there is ignored, so a batch may be repeated after a crash. Only the log: `recordFinished` does the rest too.
   */
  readonly insertFinished: (facts: readonly RequestFinishedFact[]) => Promise<number>;
  /** With everything that is kept. */
  readonly get: (requestId: string) => Promise<RequestLogEntry | null>;
  /** Newest first, ties by request id: what is added meanwhile only moves rows to later pages. */
  readonly page: (
    request: PageRequest & {
      readonly filters?: RequestLogFilters;
      /** Default: newest first. */
      readonly direction?: "asc" | "desc";
    },
  ) => Promise<Page<RequestLogSummary>>;
  /** Newest first. Pass the last entry of a page as `before` to get the next one, however far back it lies. */
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
    insertFinished: (facts) => transaction(db, async (begun) => (await insertNewRequests(begun, facts)).size),
    async get(requestId) {
      const row = await db
        .selectFrom("request_log")
        .selectAll()
        .where("request_id", "=", requestId)
        .executeTakeFirst();
      return row === undefined ? null : entryOfRow(row);
    },
    async page({ filters = {}, direction = "desc", ...page }) {
      const { items, total } = await selectPage<SummaryRow>(db, {
        ...page,
        table: "request_log",
        columns: summaryColumns,
        conditions: conditionsOf(filters),
        orderBy: [
          { column: "accepted_at_ms", direction },
          { column: "request_id", direction },
        ],
      });
      return { items: items.map(summaryOfRow), total };
    },
    async list({ tenantId, limit, before = null }) {
      const rows = await db
        .selectFrom("request_log")
        .select(summaryColumns)
        .$if(tenantId !== null, (query) => query.where("tenant_id", "=", tenantId ?? ""))
        .$if(before !== null, (query) =>
          query.where(
            sql<SqlBool>`(accepted_at_ms, request_id) < (${before?.acceptedAtMs ?? 0}, ${before?.requestId ?? ""})`,
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

/** Writes the rows that are not there yet and gives their event ids. */
export async function insertNewRequests(
  db: Kysely<Schema>,
  facts: readonly RequestFinishedFact[],
): Promise<Set<string>> {
  const modeOfRun = await findRunModes(
    db,
    facts.flatMap(({ runId }) => runId ?? []),
  );
  // In the order of ids, so that two writers of the same facts never wait for each other.
  const rows = facts
    .map((fact) => rowOfFact(fact, modeOfRun))
    .toSorted((left, right) => (left.request_id < right.request_id ? -1 : 1));
  const inserted = await insertRows<"request_log", { readonly event_id: string }>(db, {
    table: "request_log",
    rows,
    clause: "on conflict do nothing returning event_id",
  });
  return new Set(inserted.map((row) => row.event_id));
}

function conditionsOf(filters: RequestLogFilters): Condition[] {
  return [
    ...whereEquals("tenant_id", filters.tenantId),
    ...whereEquals("project_id", filters.projectId),
    ...whereEquals("key_id", filters.keyId),
    ...whereEquals("model_id", filters.modelId),
    ...whereEquals("provider_id", filters.providerId),
    ...whereEquals("alias_id", filters.aliasId),
    ...whereEquals("outcome", filters.outcome),
    ...whereEquals("error_code", filters.errorCode),
    ...whereEquals("operation", filters.operation),
    ...whereEquals("routing_mode", filters.routingMode),
    ...whereEquals("run_id", filters.runId),
    ...whereTime("accepted_at_ms", filters),
    ...whereContains(["request_id", "requested_model"], filters.text),
  ];
}

const summaryColumns = [
  "request_id",
  "event_id",
  "tenant_id",
  "project_id",
  "key_id",
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
  "alias_id",
  "strategy",
  "routing_mode",
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
  "estimated_cost_nano_usd",
  "orchestration_mode",
  "run_id",
] as const;
