import type { Selectable } from "kysely";
import type { FileTable } from "../schema/batch-tables.ts";

/** A file without its bytes. */
export interface StoredFile {
  readonly id: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  /** Of files that no caller sees. */
  readonly isInternal: boolean;
  readonly createdAtMs: number;
  /** Null: it is kept until it is deleted. */
  readonly expiresAtMs: number | null;
}

export function fileOfRow(row: Selectable<FileTable>): StoredFile {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    filename: row.filename,
    purpose: row.purpose,
    bytes: row.bytes,
    isInternal: row.is_internal === 1,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
  };
}
