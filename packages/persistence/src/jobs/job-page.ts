import type { AsyncJobOrigin, AsyncJobState } from "@tokenhub/contracts";
import { sql, type Kysely, type RawBuilder } from "kysely";
import { whereEquals, whereTime, type Condition } from "../page.ts";
import type { LetterState } from "../schema/job-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { storedJobOf, type JobRow, type StoredJob } from "./job-row.ts";
import { isPostgres, jobColumnList } from "./job-statement.ts";

export interface JobFilters {
  readonly tenantId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly keyId?: string | undefined;
  /** Any of them. */
  readonly states?: readonly AsyncJobState[] | undefined;
  readonly endpoint?: string | undefined;
  readonly origin?: AsyncJobOrigin | undefined;
  readonly batchId?: string | undefined;
  readonly tag?: string | undefined;
  /** When accepted, inclusive. */
  readonly fromMs?: number | undefined;
  /** When accepted, exclusive. */
  readonly toMs?: number | undefined;
  readonly letter?: LetterState | undefined;
  /** Null: those that have none. */
  readonly errorClass?: string | null | undefined;
}

export interface JobPageRequest {
  readonly filters?: JobFilters;
  /** At most 1,000. */
  readonly limit: number;
  /** The last job that is known; null or nothing: from the beginning. */
  readonly after?: { readonly createdAtMs: number; readonly id: string } | null;
  /** Default: newest first. */
  readonly direction?: "asc" | "desc";
}

const largestPage = 1_000;
const openStates = ["scheduled", "queued", "running"] as const satisfies AsyncJobState[];

/** One page of jobs, ties by id: what is added or goes meanwhile makes no job appear twice or be missed. */
export async function jobPage(
  db: Kysely<Schema>,
  { filters = {}, limit, after = null, direction = "desc" }: JobPageRequest,
): Promise<StoredJob[]> {
  const isNewestFirst = direction === "desc";
  const conditions = [
    ...conditionsOf(filters, { isPostgres: isPostgres(db) }),
    ...(after === null
      ? []
      : isNewestFirst
        ? [sql`(created_at_ms, id) < (${after.createdAtMs}, ${after.id})`]
        : [sql`(created_at_ms, id) > (${after.createdAtMs}, ${after.id})`]),
  ];
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  const order = isNewestFirst ? sql`created_at_ms desc, id desc` : sql`created_at_ms, id`;
  const { rows } = await sql<JobRow>`
    select ${jobColumnList} from jobs ${indexHintOf(filters, { isPostgres: isPostgres(db) })} ${where}
    order by ${order} limit ${Math.min(largestPage, Math.max(1, limit))}`.execute(db);
  return rows.map(storedJobOf);
}

function conditionsOf(filters: JobFilters, database: { readonly isPostgres: boolean }): Condition[] {
  const { tenantId, states, tag } = filters;
  return [
    // Hidden from the index of tenants where another one gives fewer rows, which SQLite cannot know.
    ...(isNarrow(filters) && tenantId !== undefined
      ? [sql<boolean>`coalesce(tenant_id, '') = ${tenantId}`]
      : whereEquals("tenant_id", tenantId)),
    ...whereEquals("project_id", filters.projectId),
    ...whereEquals("key_id", filters.keyId),
    ...whereEquals("endpoint", filters.endpoint),
    ...whereEquals("origin", filters.origin),
    ...whereEquals("batch_id", filters.batchId),
    ...whereEquals("letter", filters.letter),
    ...whereEquals("error_class", filters.errorClass),
    ...whereTime("created_at_ms", filters),
    ...(states === undefined ? [] : whereStates(states)),
    ...(tag === undefined ? [] : [whereTag(tag, database)]),
  ];
}

/** Without statistics SQLite prefers the index of all jobs of a tenant, of which few may be open. */
function indexHintOf(filters: JobFilters, database: { readonly isPostgres: boolean }): RawBuilder<unknown> {
  const { tenantId, states = [] } = filters;
  const asksOpenOnes = tenantId !== undefined && states.length > 0 && areAmong(states, openStates);
  return asksOpenOnes && !isNarrow(filters) && !database.isPostgres
    ? sql`indexed by jobs_open_by_tenant`
    : sql``;
}

/** The words of the partial indexes are added where they hold, so that few jobs among many are found at once. */
function whereStates(states: readonly AsyncJobState[]): Condition[] {
  if (states.length === 0) return [sql<boolean>`1 = 0`];
  return [
    sql<boolean>`state in (${sql.join(states)})`,
    ...(areAmong(states, openStates) ? [sql<boolean>`finished_at_ms is null`] : []),
    ...(areAmong(states, ["failed", "cancelled", "expired"])
      ? [sql<boolean>`state in ('failed', 'cancelled', 'expired')`]
      : []),
  ];
}

/** Asks for what an index of its own has few of. */
function isNarrow({ letter, batchId }: JobFilters): boolean {
  return letter !== undefined || batchId !== undefined;
}

function areAmong(states: readonly AsyncJobState[], group: readonly AsyncJobState[]): boolean {
  return states.every((state) => group.includes(state));
}

function whereTag(tag: string, database: { readonly isPostgres: boolean }): Condition {
  return database.isPostgres
    ? sql`exists (select 1 from json_array_elements_text(cast(tags_json as json)) as tag (name) where tag.name = ${tag})`
    : sql`exists (select 1 from json_each(tags_json) as tag where tag.value = ${tag})`;
}
