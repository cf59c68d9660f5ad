import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";

/** Ends what waits for an endpoint that takes nothing any more. What is being sent ends by itself. */
export async function endOpenDeliveries(
  db: Kysely<Schema>,
  {
    endpointId,
    state,
    nowMs,
  }: { readonly endpointId: string; readonly state: "failed" | "discarded"; readonly nowMs: number },
): Promise<void> {
  await db
    .updateTable("webhook_deliveries")
    .set({ state, next_attempt_at_ms: null, finished_at_ms: nowMs })
    // Deliveries of an endpoint have it as their receiver, and by receiver those that wait are indexed.
    .where("receiver", "=", endpointId)
    .where(sql<boolean>`state = 'pending'`)
    .execute();
}
