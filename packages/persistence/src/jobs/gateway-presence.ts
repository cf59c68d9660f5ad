import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";

const dayMs = 86_400_000;

/** Notes that a gateway lives; those that have been gone for a day are forgotten. */
export async function seeGateway(
  db: Kysely<Schema>,
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): Promise<void> {
  const seenAtMs = Math.round(nowMs);
  await db
    .insertInto("gateways")
    .values({ id, seen_at_ms: seenAtMs })
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ seen_at_ms: seenAtMs }))
    .execute();
  await db
    .deleteFrom("gateways")
    .where("seen_at_ms", "<", seenAtMs - dayMs)
    .execute();
}

/** A gateway that is forgotten while it owns running jobs counts as gone at once. */
export async function forgetGateway(db: Kysely<Schema>, id: string): Promise<void> {
  await db.deleteFrom("gateways").where("id", "=", id).execute();
}

/** Owners of running jobs that were not seen since, or never; no more rows are read than jobs run. */
export async function goneOwners(db: Kysely<Schema>, sinceMs: number): Promise<string[]> {
  const { rows } = await sql<{ readonly owner: string }>`
    select distinct owner from jobs
    where state = 'running' and owner is not null and not exists (
      select 1 from gateways where gateways.id = jobs.owner and gateways.seen_at_ms >= ${Math.ceil(sinceMs)})
    order by owner`.execute(db);
  return rows.map(({ owner }) => owner);
}
