import { sql, type Kysely, type RawBuilder } from "kysely";
import type { SpendScopeKind } from "../schema/request-tables.ts";
import type { Schema } from "../schema/schema.ts";

/** Whose budget. */
export interface ReservationScope {
  readonly kind: SpendScopeKind;
  readonly id: string;
}

/** Sums up what jobs that have not ended may cost, from an index that holds nothing else. */
export async function reservedNanoUsd(db: Kysely<Schema>, { kind, id }: ReservationScope): Promise<number> {
  const { rows } = await sql<{ readonly total: number }>`
    select cast(coalesce(sum(reserved_nano_usd), 0) as bigint) as total from jobs
    where finished_at_ms is null and ${conditions[kind](id)}`.execute(db);
  return Number(rows[0]?.total ?? 0);
}

/** As the index of each is written. */
const conditions: Readonly<Record<SpendScopeKind, (id: string) => RawBuilder<unknown>>> = {
  tenant: (id) => sql`tenant_id = ${id}`,
  project: (id) => sql`project_id = ${id} and reserved_nano_usd > 0`,
  key: (id) => sql`key_id = ${id} and reserved_nano_usd > 0`,
};
