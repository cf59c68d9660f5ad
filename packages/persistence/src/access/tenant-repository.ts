import type { Kysely } from "kysely";
import { whereContains, whereTruth, type Page, type PageRequest, type Sort } from "../page.ts";
import { contractOf, parseContent, parseJsonColumn, versionedOf } from "../read-row.ts";
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

/** The two tenants every installation has: of keys that name no other, and of requests without a key. */
export const builtInTenantIds = { default: "default", anonymous: "anonymous" } as const;

/** Limits that hold for all keys of a tenant together; null: none. */
export interface TenantLimits {
  readonly requestsPerSecond: number | null;
  readonly concurrentRequests: number | null;
  readonly monthlyBudgetNanoUsd: number | null;
}

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Null: the installation's defaults. */
  readonly limits: TenantLimits | null;
}

export interface TenantFilters {
  readonly enabled?: boolean | undefined;
  /** Part of the id or the name. */
  readonly text?: string | undefined;
}

/** Why something that others refer to is kept. */
export interface InUse {
  readonly kind: "in_use";
  readonly reason: "built_in" | "has_keys" | "has_projects";
}

export interface TenantRepository {
  /** By id. */
  readonly list: () => Promise<Versioned<Tenant>[]>;
  readonly get: (id: string) => Promise<Versioned<Tenant> | null>;
  readonly page: (
    request: PageRequest & {
      readonly filters?: TenantFilters;
      readonly sort?: Sort<"id" | "name" | "createdAt">;
    },
  ) => Promise<Page<Versioned<Tenant>>>;
  readonly create: (tenant: Tenant, write: { readonly nowMs: number }) => Promise<Created<Versioned<Tenant>>>;
  readonly update: (
    id: string,
    patch: Patch<Tenant>,
    write: { readonly nowMs: number } & Expectation,
  ) => Promise<Updated<Versioned<Tenant>>>;
  /** Tenants with keys or projects, and the built-in ones, stay. */
  readonly remove: (id: string, write?: Expectation) => Promise<Removed<Versioned<Tenant>> | InUse>;
}

/** @param db a database, or a transaction to take part in. */
export function createTenantRepository(db: Kysely<Schema>): TenantRepository {
  const rows = onVersionedTable(db, {
    name: "tenants",
    toColumns: (tenant: Tenant) => ({
      id: tenant.id,
      name: tenant.name,
      enabled: tenant.enabled ? 1 : 0,
      limits_json: tenant.limits === null ? null : JSON.stringify(tenant.limits),
    }),
    fromRow: (row) =>
      versionedOf<Tenant>(row, {
        id: row.id,
        name: row.name,
        enabled: row.enabled === 1,
        limits: parseContent(tenantLimits, {
          table: "tenants",
          id: row.id,
          value: parseJsonColumn(row.limits_json),
        }),
      }),
  });
  return {
    list: rows.list,
    get: rows.get,
    page: ({ filters = {}, sort = { by: "id", direction: "asc" }, ...page }) =>
      rows.page({
        ...page,
        conditions: [
          ...whereTruth("enabled", filters.enabled),
          ...whereContains(["id", "name"], filters.text),
        ],
        sort: { ...sort, by: sort.by === "createdAt" ? "created_at_ms" : sort.by },
      }),
    create: rows.create,
    update: (id, patch, write) =>
      rows.update(id, { ...write, change: (current) => applyPatch(current, patch) }),
    async remove(id, write = {}) {
      if (Object.values<string>(builtInTenantIds).includes(id)) return { kind: "in_use", reason: "built_in" };
      const project = await db
        .selectFrom("projects")
        .select("id")
        .where("tenant_id", "=", id)
        .limit(1)
        .executeTakeFirst();
      if (project !== undefined) return { kind: "in_use", reason: "has_projects" };
      const key = await db
        .selectFrom("api_keys")
        .select("id")
        .where("tenant_id", "=", id)
        .limit(1)
        .executeTakeFirst();
      if (key !== undefined) return { kind: "in_use", reason: "has_keys" };
      return rows.remove(id, write);
    },
  };
}

const limitNames = ["requestsPerSecond", "concurrentRequests", "monthlyBudgetNanoUsd"] as const;

const tenantLimits = contractOf((value): value is TenantLimits | null => {
  if (value === null) return true;
  if (typeof value !== "object") return false;
  const limits = new Map<string, unknown>(Object.entries(value));
  return limitNames.every((name) => limits.get(name) === null || typeof limits.get(name) === "number");
});
