import { sql, type Kysely, type SqlBool } from "kysely";
import { setImmediate as nextTurn } from "node:timers/promises";
import { whereEquals, type Condition } from "../page.ts";
import type { Schema } from "../schema/schema.ts";
import { storableText } from "../storable-text.ts";
import { fileOfRow, type StoredFile } from "./file-row.ts";
import { whereBehind, type PagePlace } from "./page-place.ts";

export type NewFile = Omit<StoredFile, "bytes">;

interface FileFilters {
  readonly tenantId: string;
  readonly projectId?: string | undefined;
  readonly purpose?: string | undefined;
}

export interface FileRepository {
  /** Makes room for the bytes of a file; nobody sees it before it is complete. A file that is there already stays. */
  readonly begin: (file: NewFile) => Promise<void>;
  /** From now on it is there; what is stated replaces what was known of it when it was begun. */
  readonly complete: (fileId: string, written: WrittenFile) => Promise<void>;
  /** Null when it is not there, not complete, or past its time. */
  readonly get: (fileId: string, now: { readonly nowMs: number }) => Promise<StoredFile | null>;
  /** Files that callers see, behind a place in the order of their creation. */
  readonly page: (request: FilePageRequest) => Promise<StoredFile[]>;
  /** Bytes of everything that is stored for a tenant. */
  readonly storedBytes: (tenantId: string) => Promise<number>;
  /** Whether it was there. From then on nobody sees it; its bytes are deleted a few pieces at a time. */
  readonly remove: (fileId: string) => Promise<boolean>;
  /**
   * Deletes files that are past their time and that no open batch reads, and such whose writing or deletion stopped half-way.
   * @returns how many were deleted, at most `limit`.
   */
  readonly removeExpired: (options: FileCleaning) => Promise<number>;
}

interface WrittenFile {
  readonly bytes: number;
  readonly purpose?: string;
  readonly expiresAtMs?: number | null;
}

interface FilePageRequest {
  readonly filters: FileFilters;
  readonly limit: number;
  readonly after: PagePlace | null;
  readonly direction: "asc" | "desc";
  readonly nowMs: number;
}

interface FileCleaning {
  readonly nowMs: number;
  /** Incomplete files that were begun before it are given up. */
  readonly begunBeforeMs: number;
  readonly limit: number;
}

const piecesAtOnce = 16;

/** @param db a database, or a transaction to take part in. */
export function createFileRepository(db: Kysely<Schema>): FileRepository {
  const isSeen = (nowMs: number): Condition =>
    sql<SqlBool>`is_complete = 1 and (expires_at_ms is null or expires_at_ms > ${nowMs})`;

  async function remove(fileId: string): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable("files")
      .set({ is_complete: 0 })
      .where("id", "=", fileId)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await removePieces(db, fileId);
    await db.deleteFrom("files").where("id", "=", fileId).execute();
    return true;
  }

  return {
    async begin(file) {
      await db
        .insertInto("files")
        .values({
          id: file.id,
          tenant_id: file.tenantId,
          project_id: file.projectId,
          filename: storableText(file.filename),
          purpose: file.purpose,
          bytes: 0,
          is_complete: 0,
          is_internal: file.isInternal ? 1 : 0,
          created_at_ms: file.createdAtMs,
          expires_at_ms: file.expiresAtMs,
        })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    },
    async complete(fileId, { bytes, purpose, expiresAtMs }) {
      // An earlier writer that did not get to its end may have come further.
      await db
        .deleteFrom("file_pieces")
        .where("file_id", "=", fileId)
        .where("offset_bytes", ">=", bytes)
        .execute();
      await db
        .updateTable("files")
        .set({ bytes, is_complete: 1, purpose, expires_at_ms: expiresAtMs })
        .where("id", "=", fileId)
        .execute();
    },
    async get(fileId, { nowMs }) {
      const row = await db
        .selectFrom("files")
        .selectAll()
        .where("id", "=", fileId)
        .where(isSeen(nowMs))
        .executeTakeFirst();
      return row === undefined ? null : fileOfRow(row);
    },
    async page({ filters, limit, after, direction, nowMs }) {
      const conditions = [
        sql<SqlBool>`is_internal = 0`,
        isSeen(nowMs),
        ...whereEquals("tenant_id", filters.tenantId),
        ...whereEquals("project_id", filters.projectId),
        ...whereEquals("purpose", filters.purpose),
        ...whereBehind(after, direction),
      ];
      const rows = await db
        .selectFrom("files")
        .selectAll()
        .where(sql<SqlBool>`${sql.join(conditions, sql` and `)}`)
        .orderBy("created_at_ms", direction)
        .orderBy("id", direction)
        .limit(limit)
        .execute();
      return rows.map(fileOfRow);
    },
    async storedBytes(tenantId) {
      const { total } = await db
        .selectFrom("files")
        .select((column) => column.fn.sum<number | string | null>("bytes").as("total"))
        .where("tenant_id", "=", tenantId)
        .executeTakeFirstOrThrow();
      return Number(total ?? 0);
    },
    remove,
    async removeExpired({ nowMs, begunBeforeMs, limit }) {
      const rows = await sql<{ id: string }>`
        select id from files where expires_at_ms is not null and expires_at_ms <= ${nowMs}
          and not exists (select 1 from batches where input_file_id = files.id and finished_at_ms is null)
        union
        select id from files where is_complete = 0 and created_at_ms < ${begunBeforeMs}
        limit ${limit}`.execute(db);
      for (const { id } of rows.rows) await remove(id);
      return rows.rows.length;
    },
  };
}

/** A few at a time: giving the room of a large file back at once would hold up everybody. */
async function removePieces(db: Kysely<Schema>, fileId: string): Promise<void> {
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from file_pieces where file_id = ${fileId} and number in
        (select number from file_pieces where file_id = ${fileId} order by number limit ${piecesAtOnce})`.execute(
      db,
    );
    if (numAffectedRows < BigInt(piecesAtOnce)) return;
    await nextTurn();
  }
}
