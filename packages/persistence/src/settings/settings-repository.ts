import type { Kysely } from "kysely";
import { parseContent, parseJsonColumn, type Contract } from "../read-row.ts";
import type { Schema } from "../schema/schema.ts";

/** Single values that outlive a restart, each JSON under a name of its own. */
export interface SettingsRepository {
  /**
   * Null when it was never set.
   * @throws DatabaseError when what is stored does not fit `contract`.
   */
  readonly get: <Value>(name: string, contract: Contract<Value>) => Promise<Value | null>;
  readonly set: (name: string, value: unknown, write: { readonly nowMs: number }) => Promise<void>;
  /** False when it was not set. */
  readonly remove: (name: string) => Promise<boolean>;
}

/** @param db a database, or a transaction to take part in. */
export function createSettingsRepository(db: Kysely<Schema>): SettingsRepository {
  return {
    async get(name, contract) {
      const row = await db
        .selectFrom("settings")
        .select("value_json")
        .where("name", "=", name)
        .executeTakeFirst();
      if (row === undefined) return null;
      return parseContent(contract, { table: "settings", id: name, value: parseJsonColumn(row.value_json) });
    },
    async set(name, value, { nowMs }) {
      const content = { value_json: JSON.stringify(value), updated_at_ms: nowMs };
      await db
        .insertInto("settings")
        .values({ name, ...content })
        .onConflict((conflict) => conflict.column("name").doUpdateSet(content))
        .execute();
    },
    async remove(name) {
      const { numDeletedRows } = await db.deleteFrom("settings").where("name", "=", name).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}
