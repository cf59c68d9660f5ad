import { sql, type Kysely, type SqlBool } from "kysely";
import { selectPage, whereContains, whereEquals, whereTime, type Page, type PageRequest } from "../page.ts";
import { oneOf, parseContent, parseJsonColumn } from "../read-row.ts";
import type { ActorKind, AuditLogTable, AuditOutcome } from "../schema/record-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { takeIds } from "../sequence.ts";
import { storableText } from "../storable-text.ts";
import { transaction } from "../transaction.ts";
import { redactDetail } from "./redact-detail.ts";

export interface AuditActor {
  readonly kind: ActorKind;
  readonly id: string | null;
  readonly name: string | null;
  readonly role: string | null;
  readonly ip: string | null;
}

/** Somebody did, or tried to do, something an admin may do. */
export interface AuditEntry {
  readonly timestampMs: number;
  readonly actor: AuditActor;
  /** E.g. `provider.update`. */
  readonly action: string;
  readonly resourceKind: string | null;
  readonly resourceId: string | null;
  readonly outcome: AuditOutcome;
  /** What changed, never a secret; see `redactDetail` for what is kept. */
  readonly detail: unknown;
  readonly requestId: string | null;
}

export interface StoredAuditEntry extends AuditEntry {
  /** Rises with every entry without a gap: a missing number is a deleted row. */
  readonly id: number;
}

export interface AuditFilters {
  /** An exact action, or all of a kind: `provider.*`. */
  readonly action?: string | undefined;
  readonly actorId?: string | undefined;
  readonly actorKind?: ActorKind | undefined;
  readonly resourceKind?: string | undefined;
  readonly resourceId?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** Inclusive. */
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly toMs?: number | undefined;
  /** Part of the actor's name, the resource's id or the request id. */
  readonly text?: string | undefined;
}

export interface AuditRepository {
  /** Adds entries; in a transaction they are part of the change they describe. */
  readonly append: (entries: readonly AuditEntry[]) => Promise<void>;
  /** Newest first. */
  readonly page: (
    request: PageRequest & { readonly filters?: AuditFilters },
  ) => Promise<Page<StoredAuditEntry>>;
}

/** @param db a database, or a transaction to take part in. */
export function createAuditRepository(db: Kysely<Schema>): AuditRepository {
  return {
    async append(entries) {
      if (entries.length === 0) return;
      await transaction(db, async (begun) => {
        const firstId = await takeIds(begun, { name: "audit_log", count: entries.length });
        for (const [index, entry] of entries.entries()) {
          await begun
            .insertInto("audit_log")
            .values(toRow(entry, firstId + index))
            .execute();
        }
      });
    },
    async page({ filters = {}, ...page }) {
      const { items, total } = await selectPage<AuditLogTable>(db, {
        ...page,
        table: "audit_log",
        conditions: [
          ...whereAction(filters.action),
          ...whereEquals("actor_id", filters.actorId),
          ...whereEquals("actor_kind", filters.actorKind),
          ...whereEquals("resource_kind", filters.resourceKind),
          ...whereEquals("resource_id", filters.resourceId),
          ...whereEquals("outcome", filters.outcome),
          ...whereTime("timestamp_ms", filters),
          ...whereContains(["actor_name", "resource_id", "request_id"], filters.text),
        ],
        orderBy: [
          { column: "timestamp_ms", direction: "desc" },
          { column: "id", direction: "desc" },
        ],
      });
      return { items: items.map(fromRow), total };
    },
  };
}

function whereAction(action: string | undefined) {
  if (action === undefined || action === "*") return [];
  if (!action.endsWith(".*")) return whereEquals("action", action);
  const kind = action.slice(0, -1).replaceAll(/[\\%_]/g, (character) => `\\${character}`);
  return [sql<SqlBool>`action like ${`${kind}%`} escape '\\'`];
}

function toRow({ actor, ...entry }: AuditEntry, id: number): AuditLogTable {
  return {
    id,
    timestamp_ms: Math.round(entry.timestampMs),
    actor_kind: actor.kind,
    actor_id: storableText(actor.id),
    actor_name: storableText(actor.name),
    role: storableText(actor.role),
    ip: storableText(actor.ip),
    action: storableText(entry.action),
    resource_kind: storableText(entry.resourceKind),
    resource_id: storableText(entry.resourceId),
    outcome: entry.outcome,
    detail_json: redactDetail(entry.detail),
    request_id: storableText(entry.requestId),
  };
}

const actorKinds: readonly ActorKind[] = ["token", "password", "session", "system", "anonymous"];
const outcomes: readonly AuditOutcome[] = ["ok", "denied", "failed"];

function fromRow(row: AuditLogTable): StoredAuditEntry {
  const at = { table: "audit_log", id: String(row.id) };
  return {
    id: row.id,
    timestampMs: row.timestamp_ms,
    actor: {
      kind: parseContent(oneOf(actorKinds), { ...at, value: row.actor_kind }),
      id: row.actor_id,
      name: row.actor_name,
      role: row.role,
      ip: row.ip,
    },
    action: row.action,
    resourceKind: row.resource_kind,
    resourceId: row.resource_id,
    outcome: parseContent(oneOf(outcomes), { ...at, value: row.outcome }),
    detail: parseJsonColumn(row.detail_json),
    requestId: row.request_id,
  };
}
