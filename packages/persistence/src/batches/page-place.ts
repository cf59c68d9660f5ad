import { sql, type SqlBool } from "kysely";
import type { Condition } from "../page.ts";

/** A row's place in the order of creation, where ids break ties. */
export interface PagePlace {
  readonly createdAtMs: number;
  readonly id: string;
}

/** Rows that come after a place in this direction; nothing to ask without a place. */
export function whereBehind(place: PagePlace | null, direction: "asc" | "desc"): Condition[] {
  if (place === null) return [];
  const { createdAtMs, id } = place;
  return direction === "asc"
    ? [sql<SqlBool>`(created_at_ms, id) > (${createdAtMs}, ${id})`]
    : [sql<SqlBool>`(created_at_ms, id) < (${createdAtMs}, ${id})`];
}
