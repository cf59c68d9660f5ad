import { createAuditRepository, type Database } from "@tokenhub/persistence";
import type { AuditWriter } from "./audit-trail.ts";

/** Writes audit rows to the database. */
export function createAuditWriter(db: Database["db"]): AuditWriter {
  return async ({ principal, ip, ...entry }, transaction) => {
    const actor = {
      kind: principal?.kind ?? ("anonymous" as const),
      id: principal?.id ?? null,
      name: principal?.name ?? null,
      role: principal?.role ?? null,
      ip,
    };
    // Whoever hands a transaction over has it from this database.
    const begun = (transaction as Database["db"] | undefined) ?? db;
    await createAuditRepository(begun).append([{ ...entry, actor, detail: entry.detail ?? null }]);
  };
}
