import type { WebhookEvent } from "@tokenhub/contracts";
import { PostgresAdapter, sql, type Kysely, type RawBuilder } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { secretsInForce } from "./webhook-endpoint.ts";
import { webhookEventOf } from "./webhook-event-row.ts";

/** A delivery whose next attempt is to be made now. */
export interface ClaimedDelivery {
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  readonly receiver: string;
  readonly url: string;
  /** Newest first; empty when its tenant has no signing secret yet. */
  readonly sealedSecrets: readonly string[];
  readonly event: WebhookEvent;
}

export interface DeliveryClaim {
  readonly nowMs: number;
  /** Deliveries of one receiver that may be under way at once, over all gateways. */
  readonly perReceiver: number;
  /** Deliveries to claim at most. */
  readonly limit: number;
}

/** Parts of one statement; beyond that it is made in turns. */
const receiversPerStatement = 50;

/**
 * Claims due deliveries (pending -> sending), longest due first, each receiver within its window. Atomic: a delivery goes to
 * one of several gateways that claim at once.
 */
export async function claimDeliveries(db: Kysely<Schema>, claim: DeliveryClaim): Promise<ClaimedDelivery[]> {
  const receivers = await dueReceivers(db, claim);
  const ids: string[] = [];
  for (let start = 0; start < receivers.length && ids.length < claim.limit; start += receiversPerStatement) {
    const chunk = receivers.slice(start, start + receiversPerStatement);
    ids.push(...(await claimOf(db, { receivers: chunk, ...claim, limit: claim.limit - ids.length })));
  }
  if (ids.length === 0) return [];
  const claimed = await readClaimed(db, { ids, nowMs: claim.nowMs });
  if (claimed.length < ids.length) await discardOthers(db, { ids, claimed, nowMs: claim.nowMs });
  return claimed;
}

/** What was claimed while its endpoint was deleted goes nowhere. */
async function discardOthers(
  db: Kysely<Schema>,
  {
    ids,
    claimed,
    nowMs,
  }: {
    readonly ids: readonly string[];
    readonly claimed: readonly ClaimedDelivery[];
    readonly nowMs: number;
  },
): Promise<void> {
  const known = new Set(claimed.map(({ id }) => id));
  await db
    .updateTable("webhook_deliveries")
    .set({ state: "discarded", finished_at_ms: nowMs })
    .where(
      "id",
      "in",
      ids.filter((id) => !known.has(id)),
    )
    .execute();
}

/** Goes from receiver to receiver along the index, so that a long backlog of one costs nothing. */
async function dueReceivers(
  db: Kysely<Schema>,
  { nowMs, perReceiver, limit }: DeliveryClaim,
): Promise<string[]> {
  const { rows } = await sql<{ receiver: string }>`
    with recursive waiting(receiver) as (
      select min(receiver) from webhook_deliveries where state = 'pending'
      union all
      select (select min(receiver) from webhook_deliveries
              where state = 'pending' and receiver > waiting.receiver)
      from waiting where waiting.receiver is not null
    ), due(receiver, at_ms) as (
      select receiver, (select min(next_attempt_at_ms) from webhook_deliveries d
                        where d.state = 'pending' and d.receiver = waiting.receiver)
      from waiting where receiver is not null
    )
    select receiver from due
    where at_ms <= ${nowMs} and ${perReceiver} > (
      select count(*) from webhook_deliveries s where s.state = 'sending' and s.receiver = due.receiver)
    order by at_ms, receiver limit ${limit}`.execute(db);
  return rows.map(({ receiver }) => receiver);
}

async function claimOf(
  db: Kysely<Schema>,
  { receivers, nowMs, perReceiver, limit }: DeliveryClaim & { readonly receivers: readonly string[] },
): Promise<string[]> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  // Counted in the same statement: two gateways see the same rows, and only one of them gets each.
  const room = (receiver: string): RawBuilder<unknown> => sql`${perReceiver} - (
    select count(*) from webhook_deliveries where state = 'sending' and receiver = ${receiver})`;
  const dueOf = (receiver: string): RawBuilder<unknown> => sql`select id from (
    select id from webhook_deliveries
    where state = 'pending' and receiver = ${receiver} and next_attempt_at_ms <= ${nowMs}
    order by next_attempt_at_ms, id limit ${isPostgres ? sql`greatest(0, ${room(receiver)})` : sql`max(0, ${room(receiver)})`}
  ) as due`;
  const { rows } = await sql<{ id: string }>`
    with chosen as (
      select id from webhook_deliveries
      where id in (select id from (${sql.join(receivers.map(dueOf), sql` union all `)}) as due limit ${limit})
        and state = 'pending'
      order by id ${isPostgres ? sql`for update` : sql``}
    )
    update webhook_deliveries
    set state = 'sending', attempt = attempt + 1, sent_at_ms = ${nowMs}, next_attempt_at_ms = null
    where id in (select id from chosen) and state = 'pending'
    returning id`.execute(db);
  return rows.map(({ id }) => id);
}

async function readClaimed(
  db: Kysely<Schema>,
  { ids, nowMs }: { readonly ids: readonly string[]; readonly nowMs: number },
): Promise<ClaimedDelivery[]> {
  const rows = await db
    .selectFrom("webhook_deliveries as d")
    .innerJoin("webhook_events as e", "e.id", "d.event_id")
    .leftJoin("webhook_endpoints as p", "p.id", "d.endpoint_id")
    .leftJoin("webhook_signing_secrets as s", "s.tenant_id", "d.tenant_id")
    .select(["d.id", "d.attempt", "d.receiver", "d.event_id", "d.sealed_secret as own_secret"])
    // An endpoint's URL may have been corrected since.
    .select(({ fn }) => fn.coalesce("p.url", "d.url").as("url"))
    .select(["e.tenant_id", "e.project_id", "e.type", "e.created_at_ms", "e.data_json"])
    .select(["p.sealed_secret", "p.sealed_old_secret", "p.old_secret_until_ms"])
    .select(["s.sealed_secret as tenant_secret", "s.sealed_old_secret as tenant_old_secret"])
    .select("s.old_secret_until_ms as tenant_old_until_ms")
    .where("d.id", "in", [...ids])
    .where((where) => where.or([where("d.endpoint_id", "is", null), where("p.id", "is not", null)]))
    .orderBy("d.created_at_ms")
    .orderBy("d.id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    attempt: row.attempt,
    receiver: row.receiver,
    url: row.url,
    sealedSecrets: sealedSecretsOf(row, nowMs),
    event: webhookEventOf({ ...row, id: row.event_id }),
  }));
}

/** The delivery's own secret, else its endpoint's, else its tenant's. */
function sealedSecretsOf(row: SecretsRow, nowMs: number): readonly string[] {
  if (row.own_secret !== null) return [row.own_secret];
  if (row.sealed_secret !== null) return secretsInForce({ ...row, sealed_secret: row.sealed_secret }, nowMs);
  if (row.tenant_secret === null) return [];
  const tenantSecret = {
    sealed_secret: row.tenant_secret,
    sealed_old_secret: row.tenant_old_secret,
    old_secret_until_ms: row.tenant_old_until_ms,
  };
  return secretsInForce(tenantSecret, nowMs);
}

interface SecretsRow {
  readonly own_secret: string | null;
  readonly sealed_secret: string | null;
  readonly sealed_old_secret: string | null;
  readonly old_secret_until_ms: number | null;
  readonly tenant_secret: string | null;
  readonly tenant_old_secret: string | null;
  readonly tenant_old_until_ms: number | null;
}
