import { CompiledQuery, sql, type Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import type { JobRow } from "./job-row.ts";
import { isPostgres, jobColumnsText } from "./job-statement.ts";

/** Fewer than fit into one statement, so that the rows of one are locked and written in a moment. */
const mostChanges = 500;

type ColumnType = "text" | "bigint";
type Value = string | number | null;

/**
 * Changes many jobs, each in its own way, with one statement for some hundred. The values are a table `changes` beside `jobs`,
 * whose columns are named in `set` and `where`; one of them is `job_id`. The text is put together here for the same reason
 * as that of `insertRows`.
 * @param set what follows `set`, and `where` what follows `where`; never text from outside.
 * @returns the jobs that changed, as they are now.
 */
export async function updateJobs<
  Change extends Readonly<Record<string, Value>> & { readonly job_id: string },
>(
  db: Kysely<Schema>,
  {
    changes,
    columns,
    set,
    where,
  }: {
    readonly changes: readonly Change[];
    readonly columns: Readonly<Record<keyof Change & string, ColumnType>>;
    readonly set: string;
    readonly where: string;
  },
): Promise<JobRow[]> {
  const types: readonly (readonly [name: keyof Change & string, type: ColumnType])[] =
    Object.entries(columns);
  const updated: JobRow[] = [];
  for (let start = 0; start < changes.length; start += mostChanges) {
    const chunk = changes.slice(start, start + mostChanges);
    await lockInOrder(
      db,
      chunk.map(({ job_id }) => job_id),
    );
    const text = `with changes (${types.map(([name]) => name).join(", ")}) as (values ${valuesOf(
      chunk.length,
      types.map(([, type]) => type),
      isPostgres(db),
    )}) update jobs set ${set} from changes where jobs.id = changes.job_id and ${where} returning ${jobColumnsText}`;
    const parameters = chunk.flatMap((change) => types.map(([name]) => change[name]));
    const { rows } = await db.executeQuery<JobRow>(CompiledQuery.raw(text, parameters));
    updated.push(...rows);
  }
  return updated;
}

/** Two writers of the same jobs wait for each other, and never each for the other. SQLite has one writer at a time anyway. */
async function lockInOrder(db: Kysely<Schema>, jobIds: readonly string[]): Promise<void> {
  if (!isPostgres(db)) return;
  await sql`select id from jobs where id in (${sql.join(jobIds)}) order by id for update`.execute(db);
}

/** The first row says what the columns are: PostgreSQL takes parameters without a type as text. */
function valuesOf(rows: number, types: readonly ColumnType[], isNumbered: boolean): string {
  const groups = Array.from({ length: rows }, (_, row) => {
    const marks = types.map((type, column) => {
      const mark = isNumbered ? `$${row * types.length + column + 1}` : "?";
      return row === 0 ? `cast(${mark} as ${type})` : mark;
    });
    return `(${marks.join(",")})`;
  });
  return groups.join(",");
}
