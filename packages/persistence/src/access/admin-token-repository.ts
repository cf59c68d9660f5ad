import type { Kysely } from "kysely";
import { whereContains, whereEquals, whereTruth, type Page, type PageRequest, type Sort } from "../page.ts";
import { oneOf, parseContent, versionedOf } from "../read-row.ts";
import type { AdminRole, AdminTokenTable } from "../schema/access-tables.ts";
import type { Schema } from "../schema/schema.ts";
import {
  applyPatch,
  onVersionedTable,
  type Created,
  type Expectation,
  type Patch,
  type Removed,
  type Updated,
  type Versioned,
} from "../versioned-table.ts";
import { touchLastUsed } from "./touch-last-used.ts";

export const adminRoles = ["admin", "operator", "viewer"] as const satisfies readonly AdminRole[];

/** A token of the admin API; the secret itself is nowhere. */
export interface AdminToken {
  /** `adm_...`, unrelated to the secret. */
  readonly id: string;
  readonly name: string;
  readonly role: AdminRole;
  /** Keyed hash of the secret in hexadecimal. */
  readonly tokenHash: string;
  readonly tokenPrefix: string;
  readonly enabled: boolean;
  readonly expiresAtMs: number | null;
}

export interface StoredAdminToken extends Versioned<AdminToken> {
  readonly lastUsedAtMs: number | null;
}

export interface AdminTokenFilters {
  readonly role?: AdminRole | undefined;
  readonly enabled?: boolean | undefined;
  /** Part of the id, the name or the prefix. */
  readonly text?: string | undefined;
}

export interface AdminTokenRepository {
  readonly get: (id: string) => Promise<StoredAdminToken | null>;
  /** Disabled and expired tokens are found too: the caller says which answer they get. */
  readonly findByHash: (hash: string) => Promise<StoredAdminToken | null>;
  /** Newest first by default. */
  readonly page: (
    request: PageRequest & {
      readonly filters?: AdminTokenFilters;
      readonly sort?: Sort<"id" | "name" | "createdAt" | "lastUsedAt">;
    },
  ) => Promise<Page<StoredAdminToken>>;
  readonly create: (
    token: AdminToken,
    write: { readonly nowMs: number },
  ) => Promise<Created<StoredAdminToken>>;
  readonly update: (
    id: string,
    patch: Patch<AdminToken>,
    write: { readonly nowMs: number } & Expectation,
  ) => Promise<Updated<StoredAdminToken>>;
  /** Ends its sessions too. */
  readonly remove: (id: string, write?: Expectation) => Promise<Removed<StoredAdminToken>>;
  /** Notes when tokens were used; see `touchLastUsed`. */
  readonly touch: (usedAtMs: ReadonlyMap<string, number>) => Promise<void>;
}

/** @param db a database, or a transaction to take part in. */
export function createAdminTokenRepository(db: Kysely<Schema>): AdminTokenRepository {
  const rows = onVersionedTable(db, { name: "admin_tokens", toColumns, fromRow });
  return {
    get: rows.get,
    async findByHash(hash) {
      const row = await db
        .selectFrom("admin_tokens")
        .selectAll()
        .where("token_hash", "=", hash)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    page: ({ filters = {}, sort = { by: "createdAt", direction: "desc" }, ...page }) =>
      rows.page({
        ...page,
        conditions: [
          ...whereEquals("role", filters.role),
          ...whereTruth("enabled", filters.enabled),
          ...whereContains(["id", "name", "token_prefix"], filters.text),
        ],
        sort: { ...sort, by: sortColumns[sort.by] },
      }),
    create: rows.create,
    update: (id, patch, write) =>
      rows.update(id, { ...write, change: (current) => applyPatch(current, patch) }),
    remove: rows.remove,
    touch: (usedAtMs) => touchLastUsed(db, { table: "admin_tokens", usedAtMs }),
  };
}

const sortColumns = {
  id: "id",
  name: "name",
  createdAt: "created_at_ms",
  lastUsedAt: "last_used_at_ms",
} as const;

function toColumns(token: AdminToken) {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    token_hash: token.tokenHash,
    token_prefix: token.tokenPrefix,
    enabled: token.enabled ? 1 : 0,
    expires_at_ms: token.expiresAtMs,
  } as const;
}

function fromRow(row: AdminTokenTable): StoredAdminToken {
  const token: AdminToken = {
    id: row.id,
    name: row.name,
    role: parseContent(oneOf(adminRoles), { table: "admin_tokens", id: row.id, value: row.role }),
    tokenHash: row.token_hash,
    tokenPrefix: row.token_prefix,
    enabled: row.enabled === 1,
    expiresAtMs: row.expires_at_ms,
  };
  return { ...versionedOf(row, token), lastUsedAtMs: row.last_used_at_ms };
}
