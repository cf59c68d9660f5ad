import type { Kysely } from "kysely";
import type { Schema } from "./schema/schema.ts";
import type { SettingsTables } from "./schema/settings-tables.ts";

/**
 * Takes `count` ids that follow each other and gives the first. Must run in the transaction that uses them: others wait for
 * its end, so that ids become visible in their order and a reader who has seen one has seen all before it.
 */
export async function takeIds(
  transaction: Kysely<Schema>,
  { name, count }: { readonly name: SettingsTables["sequences"]["name"]; readonly count: number },
): Promise<number> {
  const { last_value } = await transaction
    .updateTable("sequences")
    .set((column) => ({ last_value: column("last_value", "+", count) }))
    .where("name", "=", name)
    .returning("last_value")
    .executeTakeFirstOrThrow();
  return last_value - count + 1;
}
