import type { Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import type { VaultEntryTable } from "../schema/settings-tables.ts";
import { transaction } from "../transaction.ts";

/** One sealed entry as it is stored. */
export interface StoredVaultEntry {
  readonly name: string;
  readonly dataKeyId: string;
  /** The sealed value; it also names its data key. */
  readonly sealed: string;
  readonly version: number;
  readonly updatedAtMs: number;
}

export interface VaultContents {
  /** Stored and given back byte for byte. */
  readonly envelopeJson: string;
  readonly entries: readonly StoredVaultEntry[];
}

/**
 * The sealed vault. Every write is one transaction that first moves the revision from `expectedRevision` on by one, and
 * does nothing when it is another: what was sealed under a data key that was replaced meanwhile never lands.
 */
export interface VaultRepository {
  /** Envelope and entries (by name) of one moment; null when no vault was made yet. */
  readonly load: () => Promise<(VaultContents & { readonly revision: number }) | null>;
  /** Replaces everything; `expectedRevision` null: there must be no vault yet, and its revision becomes 1. */
  readonly replace: (expectedRevision: number | null, next: VaultContents) => Promise<boolean>;
  /** Inserts the entry or replaces the one of its name. */
  readonly putEntry: (expectedRevision: number, entry: StoredVaultEntry) => Promise<boolean>;
  /** Deletes the entry of that name, if there is one. */
  readonly deleteEntry: (expectedRevision: number, name: string) => Promise<boolean>;
}

/**
 * @param db a database, or a transaction to take part in.
 * @param now Unix milliseconds.
 */
export function createVaultRepository(
  db: Kysely<Schema>,
  { now }: { readonly now: () => number },
): VaultRepository {
  /** Runs `write` if the revision was the expected one. */
  const atRevision = (
    expectedRevision: number,
    write: (begun: Kysely<Schema>) => Promise<unknown>,
  ): Promise<boolean> =>
    transaction(db, async (begun) => {
      const { numUpdatedRows } = await begun
        .updateTable("vault_envelope")
        .set({ revision: expectedRevision + 1, updated_at_ms: now() })
        .where("id", "=", 1)
        .where("revision", "=", expectedRevision)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await write(begun);
      return true;
    });

  return {
    load() {
      if (db.isTransaction) return readVault(db);
      return db.transaction().setIsolationLevel("repeatable read").execute(readVault);
    },
    replace(expectedRevision, { envelopeJson, entries }) {
      if (expectedRevision === null) {
        return transaction(db, async (begun) => {
          const { numInsertedOrUpdatedRows = 0n } = await begun
            .insertInto("vault_envelope")
            .values({ id: 1, revision: 1, envelope_json: envelopeJson, updated_at_ms: now() })
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst();
          if (numInsertedOrUpdatedRows === 0n) return false;
          await replaceEntries(begun, entries);
          return true;
        });
      }
      return atRevision(expectedRevision, async (begun) => {
        await begun.updateTable("vault_envelope").set({ envelope_json: envelopeJson }).execute();
        await replaceEntries(begun, entries);
      });
    },
    putEntry: (expectedRevision, entry) =>
      atRevision(expectedRevision, (begun) => {
        const { name, ...content } = toRow(entry);
        return begun
          .insertInto("vault_entries")
          .values({ name, ...content })
          .onConflict((conflict) => conflict.column("name").doUpdateSet(content))
          .execute();
      }),
    deleteEntry: (expectedRevision, name) =>
      atRevision(expectedRevision, (begun) =>
        begun.deleteFrom("vault_entries").where("name", "=", name).execute(),
      ),
  };
}

async function readVault(
  db: Kysely<Schema>,
): Promise<(VaultContents & { readonly revision: number }) | null> {
  const envelope = await db.selectFrom("vault_envelope").selectAll().executeTakeFirst();
  if (envelope === undefined) return null;
  const rows = await db.selectFrom("vault_entries").selectAll().orderBy("name").execute();
  return {
    revision: envelope.revision,
    envelopeJson: envelope.envelope_json,
    entries: rows.map((row) => ({
      name: row.name,
      dataKeyId: row.data_key_id,
      sealed: row.sealed,
      version: row.version,
      updatedAtMs: row.updated_at_ms,
    })),
  };
}

async function replaceEntries(db: Kysely<Schema>, entries: readonly StoredVaultEntry[]): Promise<void> {
  await db.deleteFrom("vault_entries").execute();
  for (const entry of entries) await db.insertInto("vault_entries").values(toRow(entry)).execute();
}

function toRow(entry: StoredVaultEntry): VaultEntryTable {
  return {
    name: entry.name,
    data_key_id: entry.dataKeyId,
    sealed: entry.sealed,
    version: entry.version,
    updated_at_ms: entry.updatedAtMs,
  };
}
