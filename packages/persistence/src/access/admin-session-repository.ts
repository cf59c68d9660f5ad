import type { Kysely } from "kysely";
import { oneOf, parseContent } from "../read-row.ts";
import type { AdminRole, AdminSessionTable } from "../schema/access-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { adminRoles } from "./admin-token-repository.ts";

/** A browser's session; the cookie holds the id, the database only its hash. */
export interface AdminSession {
  readonly idHash: string;
  /** Null when a password opened it. */
  readonly tokenId: string | null;
  readonly actorName: string;
  readonly role: AdminRole;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly lastSeenAtMs: number;
}

export interface AdminSessionRepository {
  /** The token, when there is one, must exist. */
  readonly create: (session: AdminSession) => Promise<void>;
  /** Null when there is none or it has expired. */
  readonly find: (idHash: string, at: { readonly nowMs: number }) => Promise<AdminSession | null>;
  /** Notes use and, when given, moves the end. */
  readonly touch: (
    idHash: string,
    at: { readonly nowMs: number; readonly expiresAtMs?: number },
  ) => Promise<void>;
  /** False when there was none. */
  readonly remove: (idHash: string) => Promise<boolean>;
  /** Ends every session, or those of one token; gives their number. */
  readonly removeAll: (of?: { readonly tokenId: string }) => Promise<number>;
}

/** @param db a database, or a transaction to take part in. */
export function createAdminSessionRepository(db: Kysely<Schema>): AdminSessionRepository {
  return {
    async create(session) {
      await db.insertInto("admin_sessions").values(toRow(session)).execute();
    },
    async find(idHash, { nowMs }) {
      const row = await db
        .selectFrom("admin_sessions")
        .selectAll()
        .where("id_hash", "=", idHash)
        .where("expires_at_ms", ">", nowMs)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    async touch(idHash, { nowMs, expiresAtMs }) {
      await db
        .updateTable("admin_sessions")
        .set({ last_seen_at_ms: nowMs, ...(expiresAtMs === undefined ? {} : { expires_at_ms: expiresAtMs }) })
        .where("id_hash", "=", idHash)
        .execute();
    },
    async remove(idHash) {
      const { numDeletedRows } = await db
        .deleteFrom("admin_sessions")
        .where("id_hash", "=", idHash)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async removeAll(of) {
      const { numDeletedRows } = await db
        .deleteFrom("admin_sessions")
        .$if(of !== undefined, (query) => query.where("token_id", "=", of?.tokenId ?? ""))
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

function toRow(session: AdminSession): AdminSessionTable {
  return {
    id_hash: session.idHash,
    token_id: session.tokenId,
    actor_name: session.actorName,
    role: session.role,
    created_at_ms: session.createdAtMs,
    expires_at_ms: session.expiresAtMs,
    last_seen_at_ms: session.lastSeenAtMs,
  };
}

function fromRow(row: AdminSessionTable): AdminSession {
  return {
    idHash: row.id_hash,
    tokenId: row.token_id,
    actorName: row.actor_name,
    role: parseContent(oneOf(adminRoles), { table: "admin_sessions", id: row.id_hash, value: row.role }),
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
  };
}
