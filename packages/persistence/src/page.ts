import { sql, type Kysely, type RawBuilder, type SqlBool } from "kysely";
import type { Schema } from "./schema/schema.ts";

export interface PageRequest {
  /** Rows of one page, at most 1,000. */
  readonly limit: number;
  /** Rows to skip. Default 0. */
  readonly offset?: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** How many rows the filters let through. */
  readonly total: number;
}

export interface Sort<By extends string> {
  readonly by: By;
  readonly direction: "asc" | "desc";
}

export type Condition = RawBuilder<SqlBool>;

interface PageQuery extends PageRequest {
  readonly table: keyof Schema;
  /** Default: all. */
  readonly columns?: readonly string[];
  readonly conditions: readonly Condition[];
  /** Must end in a unique column, so that pages neither repeat nor miss a row. */
  readonly orderBy: readonly {
    readonly column: string;
    readonly direction: "asc" | "desc";
    /** Rows without a value come last, whatever the direction. */
    readonly isNullable?: boolean;
  }[];
}

const largestPage = 1_000;

/** Reads one page of a table and how many rows there are in all. Rows are as stored: the caller parses them. */
export async function selectPage<Row>(db: Kysely<Schema>, query: PageQuery): Promise<Page<Row>> {
  const { table, columns, conditions, orderBy, limit, offset = 0 } = query;
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  const selection = columns === undefined ? sql`*` : sql.join(columns.map((column) => sql.ref(column)));
  const order = orderBy.flatMap(({ column, direction, isNullable = false }) => [
    ...(isNullable ? [sql`${sql.ref(column)} is null`] : []),
    // security-scan: statement-from-text the direction is one of two words of ours
    sql`${sql.ref(column)} ${sql.raw(direction)}`,
  ]);
  const { rows } = await sql<Row>`
    select ${selection} from ${sql.table(table)} ${where}
    order by ${sql.join(order)}
    limit ${Math.min(largestPage, Math.max(1, limit))} offset ${Math.max(0, offset)}`.execute(db);
  const counted = await sql<{ total: number }>`
    select count(*) as total from ${sql.table(table)} ${where}`.execute(db);
  return { items: rows, total: Number(counted.rows[0]?.total ?? 0) };
}

/** `column = value`; nothing to ask when the value is undefined, `is null` when it is null. */
export function whereEquals(column: string, value: string | number | null | undefined): Condition[] {
  if (value === undefined) return [];
  return value === null ? [sql`${sql.ref(column)} is null`] : [sql`${sql.ref(column)} = ${value}`];
}

/** `column = 1` or `column = 0`. */
export function whereTruth(column: string, value: boolean | undefined): Condition[] {
  return value === undefined ? [] : [sql`${sql.ref(column)} = ${value ? 1 : 0}`];
}

/** From `fromMs` (inclusive) to `toMs` (exclusive). */
export function whereTime(
  column: string,
  { fromMs, toMs }: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined },
): Condition[] {
  return [
    ...(fromMs === undefined ? [] : [sql<SqlBool>`${sql.ref(column)} >= ${Math.round(fromMs)}`]),
    ...(toMs === undefined ? [] : [sql<SqlBool>`${sql.ref(column)} < ${Math.round(toMs)}`]),
  ];
}

/** Any of the columns contains the text, whatever the case of its ASCII letters. */
export function whereContains(columns: readonly string[], text: string | undefined): Condition[] {
  if (text === undefined || text === "") return [];
  const pattern = `%${text.toLowerCase().replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`;
  const matches = columns.map((column) => sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`);
  return [sql`(${sql.join(matches, sql` or `)})`];
}
