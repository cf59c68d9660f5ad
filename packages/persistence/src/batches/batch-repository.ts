import { sql, type Kysely, type SqlBool } from "kysely";
import { whereEquals } from "../page.ts";
import type { BatchState, BatchTable } from "../schema/batch-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { transaction } from "../transaction.ts";
import { batchOfRow, type StoredBatch } from "./batch-row.ts";
import { columnsOfChanges, rowOfNewBatch, type BatchChanges, type NewBatch } from "./new-batch-row.ts";
import { whereBehind, type PagePlace } from "./page-place.ts";

interface BatchPageRequest {
  readonly filters: {
    readonly tenantId: string;
    readonly projectId?: string | undefined;
    readonly surface: BatchTable["surface"];
  };
  readonly limit: number;
  readonly after: PagePlace | null;
  readonly direction: "asc" | "desc";
}

export interface BatchRepository {
  /** Whether it was taken: false when as many of the tenant's are open already. */
  readonly insert: (batch: NewBatch, limits: { readonly mostOpen: number }) => Promise<boolean>;
  readonly get: (batchId: string) => Promise<StoredBatch | null>;
  readonly page: (request: BatchPageRequest) => Promise<StoredBatch[]>;
  /** Everything that has not ended, oldest first, at most 10,000. */
  readonly open: () => Promise<StoredBatch[]>;
  /** Moves it on when it is in one of the states that are named; whether it was. */
  readonly move: (
    batchId: string,
    step: {
      readonly from: readonly BatchState[];
      readonly to: BatchState;
      readonly changes: BatchChanges;
    },
  ) => Promise<boolean>;
  /** Takes over the open batches of gateways that were not seen since then; gives how many. */
  readonly claimOrphans: (claim: {
    readonly owner: string;
    readonly aliveSinceMs: number;
  }) => Promise<number>;
  /** Whether an open batch still reads the file. */
  readonly isInputInUse: (fileId: string) => Promise<boolean>;
  /** Whether it was there and had ended. */
  readonly remove: (batchId: string) => Promise<boolean>;
  /** Ids of batches that ended before then. */
  readonly endedBefore: (limit: {
    readonly finishedBeforeMs: number;
    readonly limit: number;
  }) => Promise<StoredBatch[]>;
}

const mostOpenRead = 10_000;

/** @param db a database, or a transaction to take part in. */
export function createBatchRepository(db: Kysely<Schema>): BatchRepository {
  return {
    insert: (batch, { mostOpen }) =>
      transaction(db, async (begun) => {
        const { open } = await begun
          .selectFrom("batches")
          .select((column) => column.fn.countAll<number | string>().as("open"))
          .where("tenant_id", "=", batch.tenantId)
          .where("finished_at_ms", "is", null)
          .executeTakeFirstOrThrow();
        if (Number(open) >= mostOpen) return false;
        await begun.insertInto("batches").values(rowOfNewBatch(batch)).execute();
        return true;
      }),
    async get(batchId) {
      const row = await db.selectFrom("batches").selectAll().where("id", "=", batchId).executeTakeFirst();
      return row === undefined ? null : batchOfRow(row);
    },
    async page({ filters, limit, after, direction }) {
      const conditions = [
        ...whereEquals("tenant_id", filters.tenantId),
        ...whereEquals("project_id", filters.projectId),
        ...whereEquals("surface", filters.surface),
        ...whereBehind(after, direction),
      ];
      const rows = await db
        .selectFrom("batches")
        .selectAll()
        .where(sql<SqlBool>`${sql.join(conditions, sql` and `)}`)
        .orderBy("created_at_ms", direction)
        .orderBy("id", direction)
        .limit(limit)
        .execute();
      return rows.map(batchOfRow);
    },
    async open() {
      const rows = await db
        .selectFrom("batches")
        .selectAll()
        .where("finished_at_ms", "is", null)
        .orderBy("created_at_ms")
        .limit(mostOpenRead)
        .execute();
      return rows.map(batchOfRow);
    },
    async move(batchId, { from, to, changes }) {
      const { numUpdatedRows } = await db
        .updateTable("batches")
        .set({ state: to, ...columnsOfChanges(changes) })
        .where("id", "=", batchId)
        .where("state", "in", [...from])
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async claimOrphans({ owner, aliveSinceMs }) {
      const { numAffectedRows = 0n } = await sql`
        update batches set owner = ${owner}
        where finished_at_ms is null and (owner is null or owner <> ${owner}) and not exists
          (select 1 from gateways where gateways.id = batches.owner and seen_at_ms >= ${aliveSinceMs})`.execute(
        db,
      );
      return Number(numAffectedRows);
    },
    async isInputInUse(fileId) {
      const found = await db
        .selectFrom("batches")
        .select("id")
        .where("input_file_id", "=", fileId)
        .where("finished_at_ms", "is", null)
        .limit(1)
        .executeTakeFirst();
      return found !== undefined;
    },
    async remove(batchId) {
      const { numDeletedRows } = await db
        .deleteFrom("batches")
        .where("id", "=", batchId)
        .where("finished_at_ms", "is not", null)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async endedBefore({ finishedBeforeMs, limit }) {
      const rows = await db
        .selectFrom("batches")
        .selectAll()
        .where("finished_at_ms", "<", finishedBeforeMs)
        .orderBy("finished_at_ms")
        .limit(limit)
        .execute();
      return rows.map(batchOfRow);
    },
  };
}
