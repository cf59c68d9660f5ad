import { sql, type Kysely } from "kysely";
import { whereEquals } from "../page.ts";
import type { LetterState } from "../schema/job-tables.ts";
import type { Schema } from "../schema/schema.ts";
import type { JobScope } from "./read-job.ts";

export interface LetterMark extends JobScope {
  readonly from: LetterState;
  readonly to: LetterState;
}

export interface LetterCount {
  /** Null: the failure has none. */
  readonly errorClass: string | null;
  readonly count: number;
}

/** Dead letters that are in `from` come to `to`; gives their ids, so that two people never both send one again. */
export async function markLetters(
  db: Kysely<Schema>,
  { jobIds, from, to, tenantId, projectId }: LetterMark & { readonly jobIds: readonly string[] },
): Promise<ReadonlySet<string>> {
  if (jobIds.length === 0) return new Set();
  const marked = await db
    .updateTable("jobs")
    .set({ letter: to })
    .where("id", "in", [...jobIds])
    .where("letter", "=", from)
    .$if(tenantId !== undefined, (query) => query.where("tenant_id", "=", tenantId ?? ""))
    .$if(projectId !== undefined, (query) => query.where("project_id", "=", projectId ?? ""))
    .returning("id")
    .execute();
  return new Set(marked.map(({ id }) => id));
}

/** Letters of a state by class, most first. */
export async function countLetters(
  db: Kysely<Schema>,
  { letter, tenantId }: { readonly letter: LetterState; readonly tenantId?: string | undefined },
): Promise<LetterCount[]> {
  const conditions = [...whereEquals("letter", letter), ...whereEquals("tenant_id", tenantId)];
  const { rows } = await sql<{ readonly error_class: string | null; readonly letters: number }>`
    select error_class, count(*) as letters from jobs where ${sql.join(conditions, sql` and `)}
    group by error_class order by letters desc, error_class`.execute(db);
  return rows.map(({ error_class, letters }) => ({ errorClass: error_class, count: Number(letters) }));
}
