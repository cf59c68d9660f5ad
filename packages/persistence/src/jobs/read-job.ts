import { sql, type Kysely, type RawBuilder, type Selectable } from "kysely";
import { whereEquals } from "../page.ts";
import type { JobAnswerTable } from "../schema/job-tables.ts";
import type { Schema } from "../schema/schema.ts";
import {
  storedJobOf,
  textRecordOf,
  type JobAnswer,
  type JobRequest,
  type JobRow,
  type StoredJob,
} from "./job-row.ts";
import { jobColumnList } from "./job-statement.ts";

/** Who asks: what belongs to another tenant or project is not there. Whoever is left out is not asked about. */
export interface JobScope {
  readonly tenantId?: string | undefined;
  readonly projectId?: string | undefined;
}

interface ScopedId extends JobScope {
  readonly jobId: string;
}

/** `jobs.id = ...`, with the scope. */
export function whereScopedId({ jobId, tenantId, projectId }: ScopedId): RawBuilder<unknown> {
  return sql.join(
    [
      ...whereEquals("jobs.id", jobId),
      ...whereEquals("jobs.tenant_id", tenantId),
      ...whereEquals("jobs.project_id", projectId),
    ],
    sql` and `,
  );
}

export async function findJob(db: Kysely<Schema>, id: ScopedId): Promise<StoredJob | null> {
  const { rows } = await sql<JobRow>`select ${jobColumnList} from jobs where ${whereScopedId(id)}`.execute(
    db,
  );
  return rows[0] === undefined ? null : storedJobOf(rows[0]);
}

export async function findRequest(db: Kysely<Schema>, id: ScopedId): Promise<JobRequest | null> {
  const { rows } = await sql<{ readonly headers_json: string; readonly body: string }>`
    select headers_json, body from jobs where ${whereScopedId(id)}`.execute(db);
  const [row] = rows;
  if (row === undefined) return null;
  return { headers: textRecordOf(row.headers_json, { table: "jobs", id: id.jobId }), bodyText: row.body };
}

export async function findAnswer(db: Kysely<Schema>, id: ScopedId): Promise<JobAnswer | null> {
  const { rows } = await sql<Selectable<JobAnswerTable>>`
    select answer.* from jobs join job_answers as answer on answer.job_id = jobs.id
    where ${whereScopedId(id)}`.execute(db);
  const [row] = rows;
  if (row === undefined) return null;
  return {
    statusCode: row.status_code,
    headers: textRecordOf(row.headers_json, { table: "job_answers", id: id.jobId }),
    body: row.body,
  };
}
