import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import type { StoredEntry, VaultStore } from "../vault-store.ts";

/** The store on two tables of SQLite, as the product's database has them. */
export function openSqliteVaultStore(path: string): VaultStore & Disposable {
  const database = new DatabaseSync(path);
  database.exec(`
    create table if not exists vault_envelope (id integer primary key, revision integer not null, envelope_json text not null);
    create table if not exists vault_entries (name text primary key, data_key_id text not null, sealed text not null,
      version integer not null, updated_at_ms integer not null);
  `);

  const inTransaction = <Result>(work: () => Result): Result => {
    database.exec("begin immediate");
    try {
      const result = work();
      database.exec("commit");
      return result;
    } catch (error) {
      database.exec("rollback");
      throw error;
    }
  };
  const moveRevision = (expectedRevision: number): boolean =>
    database
      .prepare("update vault_envelope set revision = revision + 1 where id = 1 and revision = ?")
      .run(expectedRevision).changes === 1;
  const upsert = (entry: StoredEntry): void => {
    database
      .prepare("insert or replace into vault_entries values (?, ?, ?, ?, ?)")
      .run(entry.name, entry.dataKeyId, entry.sealed, entry.version, entry.updatedAtMs);
  };

  return {
    load: async () =>
      inTransaction(() => {
        const row = database.prepare("select revision, envelope_json from vault_envelope where id = 1").get();
        if (row === undefined) return null;
        return {
          revision: Number(row["revision"]),
          envelopeJson: String(row["envelope_json"]),
          entries: database.prepare("select * from vault_entries order by name").all().map(entryOf),
        };
      }),
    replace: async (expectedRevision, { envelopeJson, entries }) =>
      inTransaction(() => {
        const isCurrent =
          expectedRevision === null
            ? database.prepare("insert or ignore into vault_envelope values (1, 1, '')").run().changes === 1
            : moveRevision(expectedRevision);
        if (!isCurrent) return false;
        database.prepare("update vault_envelope set envelope_json = ? where id = 1").run(envelopeJson);
        database.exec("delete from vault_entries");
        for (const entry of entries) upsert(entry);
        return true;
      }),
    putEntry: async (expectedRevision, entry) =>
      inTransaction(() => {
        if (!moveRevision(expectedRevision)) return false;
        upsert(entry);
        return true;
      }),
    deleteEntry: async (expectedRevision, name) =>
      inTransaction(() => {
        if (!moveRevision(expectedRevision)) return false;
        database.prepare("delete from vault_entries where name = ?").run(name);
        return true;
      }),
    [Symbol.dispose]: () => database.close(),
  };
}

function entryOf(row: Record<string, SQLOutputValue>): StoredEntry {
  return {
    name: String(row["name"]),
    dataKeyId: String(row["data_key_id"]),
    sealed: String(row["sealed"]),
    version: Number(row["version"]),
    updatedAtMs: Number(row["updated_at_ms"]),
  };
}
