import type { RunChangedFact } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { insertRows } from "../insert-rows.ts";
import { selectPage, whereEquals, whereTime, type Page, type PageRequest } from "../page.ts";
import type { RunStatus } from "../schema/run-tables.ts";
import type { Schema } from "../schema/schema.ts";
import {
  compareRunRows,
  isNewerClause,
  rowOfRun,
  storedRunOf,
  summaryOfRunRow,
  type RunRow,
  type RunSummary,
  type RunSummaryRow,
  type StoredRun,
} from "./run-row.ts";

export interface RunFilters {
  readonly tenantId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly mode?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** When accepted, inclusive. */
  readonly fromMs?: number | undefined;
  /** When accepted, exclusive. */
  readonly toMs?: number | undefined;
}

export interface RunRepository {
  /** With prompts and answers; null when it is not there, or belongs to another tenant than the one named. */
  readonly get: (runId: string, options?: { readonly tenantId?: string }) => Promise<StoredRun | null>;
  /** Newest first, ties by id: what is added meanwhile only moves rows to later pages. */
  readonly page: (
    request: PageRequest & {
      readonly filters?: RunFilters;
      /** Default: newest first. */
      readonly direction?: "asc" | "desc";
    },
  ) => Promise<Page<RunSummary>>;
}

/** @param db a database, or a transaction to take part in. */
export function createRunRepository(db: Kysely<Schema>): RunRepository {
  return {
    async get(runId, { tenantId } = {}) {
      const row = await db
        .selectFrom("runs")
        .selectAll()
        .where("id", "=", runId)
        .$if(tenantId !== undefined, (query) => query.where("tenant_id", "=", tenantId ?? ""))
        .executeTakeFirst();
      return row === undefined ? null : storedRunOf(row);
    },
    async page({ filters = {}, direction = "desc", ...page }) {
      const { items, total } = await selectPage<RunSummaryRow>(db, {
        ...page,
        table: "runs",
        columns: summaryColumns,
        conditions: [
          ...whereEquals("tenant_id", filters.tenantId),
          ...whereEquals("project_id", filters.projectId),
          ...whereEquals("key_id", filters.keyId),
          ...whereEquals("request_id", filters.requestId),
          ...whereEquals("mode", filters.mode),
          ...whereEquals("status", filters.status),
          ...whereTime("created_at_ms", filters),
        ],
        orderBy: [
          { column: "created_at_ms", direction },
          { column: "id", direction },
        ],
      });
      return { items: items.map(summaryOfRunRow), total };
    },
  };
}

/**
 * Writes what facts tell of runs and gives the number of rows that are new or changed. Facts may come in any order and
 * repeatedly, also over several gateways: a row only ever moves on, see `compareRunRows`.
 */
export async function recordRuns(db: Kysely<Schema>, facts: readonly RunChangedFact[]): Promise<number> {
  const changed = await insertRows<"runs", { readonly id: string }>(db, {
    table: "runs",
    // One row for each run, in the order of ids, so that two writers of the same runs never wait for each other.
    rows: newestOfEach(facts.map(rowOfRun)).toSorted((left, right) => (left.id < right.id ? -1 : 1)),
    clause: upsertClause,
  });
  return changed.length;
}

/** The modes of runs that are known, by id. */
export async function findRunModes(
  db: Kysely<Schema>,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (runIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("runs")
    .select(["id", "mode"])
    .where("id", "in", [...new Set(runIds)])
    .execute();
  return new Map(rows.map(({ id, mode }) => [id, mode]));
}

function newestOfEach(rows: readonly RunRow[]): RunRow[] {
  const newest = new Map<string, RunRow>();
  for (const row of rows) {
    const known = newest.get(row.id);
    if (known === undefined || compareRunRows(known, row) < 0) newest.set(row.id, row);
  }
  return [...newest.values()];
}

const changingColumns = [
  "status",
  "finished_at_ms",
  "attempt",
  "cost_nano_usd",
  "input_tokens",
  "output_tokens",
  "call_count",
  "ended_call_count",
  "changed_at_ms",
  "error_code",
  "input_json",
  "state_json",
] as const satisfies readonly (keyof RunRow)[];

const upsertClause = `on conflict (id) do update set ${changingColumns
  .map((column) => `${column} = excluded.${column}`)
  .join(", ")} where ${isNewerClause} returning id`;

const summaryColumns = [
  "id",
  "request_id",
  "tenant_id",
  "project_id",
  "key_id",
  "mode",
  "status",
  "error_code",
  "created_at_ms",
  "finished_at_ms",
  "attempt",
  "cost_nano_usd",
  "input_tokens",
  "output_tokens",
  "call_count",
] as const satisfies readonly (keyof RunSummaryRow)[];
