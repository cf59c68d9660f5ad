import { createAuditRepository, openDatabase, type StoredAuditEntry } from "@tokenhub/persistence";
import { join } from "node:path";

/** The audit rows of one resource in an installation's SQLite file, oldest first. */
export async function auditRowsOf(directory: string, resourceId: string): Promise<StoredAuditEntry[]> {
  await using database = await openDatabase({ kind: "sqlite", path: join(directory, "tokenhub.db") });
  const page = await createAuditRepository(database.db).page({ limit: 1_000, filters: { resourceId } });
  return page.items.toReversed();
}
