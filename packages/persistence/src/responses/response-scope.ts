import { sql, type RawBuilder, type SqlBool } from "kysely";
import { whereEquals } from "../page.ts";

/** Who asks, and when: what belongs to another tenant or project, or is past its time, is not there. */
export interface ResponseScope {
  readonly tenantId: string;
  /** Absent: all projects of the tenant. */
  readonly projectId?: string | undefined;
  readonly nowMs: number;
}

export interface ResponseLookup extends ResponseScope {
  readonly id: string;
}

export function whereScopedResponse({
  id,
  tenantId,
  projectId,
  nowMs,
}: ResponseScope & { readonly id?: string }): RawBuilder<SqlBool> {
  const conditions = [
    ...whereEquals("responses.id", id),
    ...whereEquals("responses.tenant_id", tenantId),
    ...whereEquals("responses.project_id", projectId),
    sql<SqlBool>`responses.expires_at_ms > ${Math.floor(nowMs)}`,
  ];
  return sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}
