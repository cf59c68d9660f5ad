import { idFrom } from "@tokenhub/contracts";
import {
  createTenantRepository,
  type Tenant,
  type TenantLimits,
  type Versioned,
} from "@tokenhub/persistence";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { AccessDatabase } from "../../../access/access-store.ts";
import type { KeyDirectory } from "../../../access/key-directory.ts";
import type { SpendReader } from "../../../access/spend-reader.ts";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import {
  budgetField,
  chosenIdField,
  nameField,
  nanoUsdOf,
  rateField,
  timeText,
  truthQuery,
  usdOf,
} from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";
import { foundEntry, writtenEntry } from "../../written-entry.ts";

export interface TenantRouteDeps {
  readonly db: AccessDatabase;
  readonly directory: Pick<KeyDirectory, "change">;
  readonly spend: SpendReader;
  readonly now: () => number;
}

const limitFields = { monthly_budget_usd: budgetField, rate_limit_rps: rateField, enabled: z.boolean() };
const bodySchema = z.strictObject({ name: nameField, ...z.object(limitFields).partial().shape });
const createSchema = bodySchema.extend({ id: chosenIdField.optional() });
const patchSchema = z.strictObject({ name: nameField, ...limitFields }).partial();
const querySchema = z.object({
  ...pageQueryShape,
  enabled: truthQuery.optional(),
  q: z.string().max(200).optional().meta({ description: "Part of the id or the name." }),
  sort: z.enum(["id", "name", "created_at"]).default("id"),
  order: z.enum(["asc", "desc"]).default("asc"),
});
type Body = z.infer<typeof bodySchema>;
type Patch = z.infer<typeof patchSchema>;
type Query = z.infer<typeof querySchema>;

const noun = "tenant";
const tag = "tenants";
const noLimits: TenantLimits = {
  requestsPerSecond: null,
  concurrentRequests: null,
  monthlyBudgetNanoUsd: null,
};

/** Tenants: who shares keys, limits and a bill. */
export function tenantRoutes(deps: TenantRouteDeps): AdminRoute[] {
  return [
    adminRoute<z.infer<typeof createSchema>>({
      method: "post",
      path: "/tenants",
      summary: "Creates a tenant.",
      tag,
      role: "admin",
      bodySchema: createSchema,
      action: "tenant.create",
      handle: (call) => createTenant(deps, call),
    }),
    adminRoute<undefined, Query>({
      method: "get",
      path: "/tenants",
      summary: "Lists tenants.",
      tag,
      role: "viewer",
      querySchema,
      action: null,
      handle: (call) => listTenants(deps, call.query),
    }),
    adminRoute({
      method: "get",
      path: "/tenants/:id",
      summary: "Reads one tenant.",
      tag,
      role: "viewer",
      action: null,
      handle: async ({ params }) =>
        replyTenant(deps, foundEntry(await createTenantRepository(deps.db).get(params["id"] ?? ""), noun)),
    }),
    adminRoute<Body>({
      method: "put",
      path: "/tenants/:id",
      summary: "Replaces a tenant's settings; what is absent gets its default.",
      tag,
      role: "admin",
      bodySchema,
      action: "tenant.update",
      handle: (call) =>
        changeTenant(deps, call, {
          monthly_budget_usd: null,
          rate_limit_rps: null,
          enabled: true,
          ...call.body,
        }),
    }),
    adminRoute<Patch>({
      method: "patch",
      path: "/tenants/:id",
      summary: "Changes some of a tenant's settings.",
      tag,
      role: "admin",
      bodySchema: patchSchema,
      action: "tenant.update",
      handle: (call) => changeTenant(deps, call, call.body),
    }),
    adminRoute({
      method: "delete",
      path: "/tenants/:id",
      summary: "Deletes a tenant that has neither keys nor projects.",
      tag,
      role: "admin",
      action: "tenant.delete",
      handle: (call) => removeTenant(deps, call),
    }),
  ];
}

async function createTenant(
  deps: TenantRouteDeps,
  { body, audit, response }: AdminCall<z.infer<typeof createSchema>>,
): Promise<AdminReply> {
  const id = body.id ?? idFrom("tenant", randomUUID());
  const stored = await deps.directory.change(async (transaction, notes) => {
    const tenant: Tenant = {
      id,
      name: body.name,
      enabled: body.enabled ?? true,
      limits: limitsOf(null, body),
    };
    const nowMs = deps.now();
    const written = writtenEntry(await createTenantRepository(transaction).create(tenant, { nowMs }), noun);
    notes.group();
    await audit.record({ resourceKind: noun, resourceId: id, detail: { name: body.name } }, transaction);
    return written;
  });
  response.setHeader("location", `/admin/v1/tenants/${id}`);
  return replyTenant(deps, stored, { status: 201 });
}

async function listTenants(deps: TenantRouteDeps, query: Query): Promise<AdminReply> {
  const { limit, offset } = query;
  const { items, total } = await createTenantRepository(deps.db).page({
    limit,
    offset,
    filters: { enabled: query.enabled, text: query.q },
    sort: { by: query.sort === "created_at" ? "createdAt" : query.sort, direction: query.order },
  });
  const scopes = items.map(({ entry }) => ({ id: entry.id, resetAtMs: null }));
  const spent = await deps.spend.spentByMany("tenant", scopes, deps.now());
  return reply({
    items: items.map((stored) => presentTenant(stored, spent.get(stored.entry.id) ?? 0)),
    total,
    limit,
    offset,
  });
}

async function changeTenant(
  deps: TenantRouteDeps,
  call: AdminCall<Patch>,
  patch: Patch,
): Promise<AdminReply> {
  const id = call.params["id"] ?? "";
  const stored = await deps.directory.change(async (transaction, notes) => {
    const tenants = createTenantRepository(transaction);
    const { entry } = foundEntry(await tenants.get(id), noun);
    const written = writtenEntry(
      await tenants.update(
        id,
        { name: patch.name, enabled: patch.enabled, limits: limitsOf(entry.limits, patch) },
        { nowMs: deps.now(), expectedVersion: call.expectedVersion },
      ),
      noun,
    );
    notes.group();
    const detail = { changed: Object.keys(call.body) };
    await call.audit.record({ resourceKind: noun, resourceId: id, detail }, transaction);
    return written;
  });
  return replyTenant(deps, stored);
}

async function removeTenant(deps: TenantRouteDeps, call: AdminCall): Promise<AdminReply> {
  const id = call.params["id"] ?? "";
  await deps.directory.change(async (transaction, notes) => {
    const { expectedVersion } = call;
    writtenEntry(await createTenantRepository(transaction).remove(id, { expectedVersion }), noun);
    notes.group();
    await call.audit.record({ resourceKind: noun, resourceId: id }, transaction);
  });
  return reply({ ok: true, id });
}

/** The limits with what a body states of them; null when none is left. */
function limitsOf(current: TenantLimits | null, body: Patch): TenantLimits | null {
  const { monthly_budget_usd: budgetUsd, rate_limit_rps: rps } = body;
  const limits: TenantLimits = {
    ...(current ?? noLimits),
    ...(budgetUsd === undefined ? {} : { monthlyBudgetNanoUsd: nanoUsdOf(budgetUsd) }),
    ...(rps === undefined ? {} : { requestsPerSecond: rps !== null && rps > 0 ? rps : null }),
  };
  return Object.values(limits).every((limit) => limit === null) ? null : limits;
}

async function replyTenant(
  deps: TenantRouteDeps,
  stored: Versioned<Tenant>,
  { status = 200 }: { readonly status?: number } = {},
): Promise<AdminReply> {
  const scope = { kind: "tenant", id: stored.entry.id, resetAtMs: null } as const;
  const spentNanoUsd = await deps.spend.spentNanoUsd(scope, deps.now());
  return reply(presentTenant(stored, spentNanoUsd), { status, version: stored.version });
}

function presentTenant({ entry, createdAtMs, updatedAtMs }: Versioned<Tenant>, spentNanoUsd: number) {
  return {
    id: entry.id,
    name: entry.name,
    enabled: entry.enabled,
    monthly_budget_usd: usdOf(entry.limits?.monthlyBudgetNanoUsd ?? null),
    current_spend_usd: usdOf(spentNanoUsd),
    rate_limit_rps: entry.limits?.requestsPerSecond ?? null,
    created_at: timeText(createdAtMs),
    updated_at: timeText(updatedAtMs),
  };
}
