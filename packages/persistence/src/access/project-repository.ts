import type { Kysely } from "kysely";
import { whereContains, whereEquals, whereTruth, type Page, type PageRequest, type Sort } from "../page.ts";
import { versionedOf } from "../read-row.ts";
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
import type { InUse } from "./tenant-repository.ts";

/** Keys that share a budget within a tenant. */
export interface Project {
  readonly id: string;
  /** Must exist, and never changes. */
  readonly tenantId: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Billionths of a US dollar per calendar month in UTC; null: no budget of its own. */
  readonly monthlyBudgetNanoUsd: number | null;
}

export interface ProjectFilters {
  readonly tenantId?: string | undefined;
  readonly enabled?: boolean | undefined;
  /** Part of the id or the name. */
  readonly text?: string | undefined;
}

export interface ProjectRepository {
  readonly get: (id: string) => Promise<Versioned<Project> | null>;
  readonly page: (
    request: PageRequest & {
      readonly filters?: ProjectFilters;
      readonly sort?: Sort<"id" | "name" | "createdAt">;
    },
  ) => Promise<Page<Versioned<Project>>>;
  readonly create: (
    project: Project,
    write: { readonly nowMs: number },
  ) => Promise<Created<Versioned<Project>>>;
  readonly update: (
    id: string,
    patch: Omit<Patch<Project>, "tenantId">,
    write: { readonly nowMs: number } & Expectation,
  ) => Promise<Updated<Versioned<Project>>>;
  /** A project with keys stays. */
  readonly remove: (id: string, write?: Expectation) => Promise<Removed<Versioned<Project>> | InUse>;
}

/** @param db a database, or a transaction to take part in. */
export function createProjectRepository(db: Kysely<Schema>): ProjectRepository {
  const rows = onVersionedTable(db, {
    name: "projects",
    toColumns: (project: Project) => ({
      id: project.id,
      tenant_id: project.tenantId,
      name: project.name,
      enabled: project.enabled ? 1 : 0,
      monthly_budget_nano_usd: project.monthlyBudgetNanoUsd,
    }),
    fromRow: (row) =>
      versionedOf<Project>(row, {
        id: row.id,
        tenantId: row.tenant_id,
        name: row.name,
        enabled: row.enabled === 1,
        monthlyBudgetNanoUsd: row.monthly_budget_nano_usd,
      }),
  });
  return {
    get: rows.get,
    page: ({ filters = {}, sort = { by: "id", direction: "asc" }, ...page }) =>
      rows.page({
        ...page,
        conditions: [
          ...whereEquals("tenant_id", filters.tenantId),
          ...whereTruth("enabled", filters.enabled),
          ...whereContains(["id", "name"], filters.text),
        ],
        sort: { ...sort, by: sort.by === "createdAt" ? "created_at_ms" : sort.by },
      }),
    create: rows.create,
    update: (id, patch, write) =>
      rows.update(id, {
        ...write,
        change: (current) => ({ ...applyPatch(current, patch), tenantId: current.tenantId }),
      }),
    async remove(id, write = {}) {
      const key = await db
        .selectFrom("api_keys")
        .select("id")
        .where("project_id", "=", id)
        .limit(1)
        .executeTakeFirst();
      return key === undefined ? rows.remove(id, write) : { kind: "in_use", reason: "has_keys" };
    },
  };
}
