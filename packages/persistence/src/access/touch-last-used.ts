import type { Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { transaction } from "../transaction.ts";

/**
 * Notes when keys or tokens were last used, in one transaction. An older time than the noted one changes nothing, so several
 * gateways may report in any order. Versions stay: use is no edit.
 */
export async function touchLastUsed(
  db: Kysely<Schema>,
  {
    table,
    usedAtMs,
  }: { readonly table: "api_keys" | "admin_tokens"; readonly usedAtMs: ReadonlyMap<string, number> },
): Promise<void> {
  if (usedAtMs.size === 0) return;
  // In the order of ids, so that two gateways lock the same rows in the same order.
  const uses = [...usedAtMs].toSorted(([left], [right]) => (left < right ? -1 : 1));
  await transaction(db, async (begun) => {
    for (const [id, timeMs] of uses) {
      await begun
        .updateTable(table)
        .set({ last_used_at_ms: Math.round(timeMs) })
        .where("id", "=", id)
        .where((where) =>
          where.or([where("last_used_at_ms", "is", null), where("last_used_at_ms", "<", Math.round(timeMs))]),
        )
        .execute();
    }
  });
}
