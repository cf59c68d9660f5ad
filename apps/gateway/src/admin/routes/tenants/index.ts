import { idFrom } from "@tokenhub/contracts";
import { createTenantRepository, type Tenant, type TenantLimits } from "@tokenhub/persistence";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { adminRoute, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { budgetField, chosenIdField, nameField, nanoUsdOf, rateField } from "../../fields.ts";
import { foundEntry, writtenEntry } from "../../written-entry.ts";
import { concurrencyField } from "./concurrency-field.ts";
import {
  groupIdOf,
  keyGroupQueryShape,
  pageOf,
  removeGroup,
  replyGroup,
  replyGroups,
  type KeyGroupDeps,
  type KeyGroupKind,
} from "./key-group.ts";

const limitFields = {
  monthly_budget_usd: budgetField,
  rate_limit_rps: rateField,
  max_concurrent_requests: concurrencyField,
  enabled: z.boolean(),
};
const bodySchema = z.strictObject({ name: nameField, ...z.object(limitFields).partial().shape });
const createSchema = bodySchema.extend({ id: chosenIdField.optional() });
const patchSchema = z.strictObject({ name: nameField, ...limitFields }).partial();
const querySchema = z.object(keyGroupQueryShape);
type Body = z.infer<typeof bodySchema>;
type Patch = z.infer<typeof patchSchema>;
type Query = z.infer<typeof querySchema>;

const noun = "tenant";
const tag = "tenants";
const kind: KeyGroupKind<Tenant> = {
  noun,
  budgetNanoUsdOf: ({ limits }) => limits?.monthlyBudgetNanoUsd ?? null,
  present: ({ limits }) => ({
    rate_limit_rps: limits?.requestsPerSecond ?? null,
    max_concurrent_requests: limits?.concurrentRequests ?? null,
  }),
};
const noLimits: TenantLimits = {
  requestsPerSecond: null,
  concurrentRequests: null,
  monthlyBudgetNanoUsd: null,
};

/** Tenants: who shares keys, limits and a bill. */
export function tenantRoutes(deps: KeyGroupDeps): AdminRoute[] {
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
      async handle(call) {
        const stored = await createTenantRepository(deps.db).get(groupIdOf(call));
        return replyGroup(deps, kind, { stored: foundEntry(stored, noun) });
      },
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
          max_concurrent_requests: null,
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
      handle: (call) => removeGroup(deps, kind, { call, repositoryOf: createTenantRepository }),
    }),
  ];
}

async function createTenant(
  deps: KeyGroupDeps,
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
  return replyGroup(deps, kind, { stored, status: 201 });
}

async function listTenants(deps: KeyGroupDeps, query: Query): Promise<AdminReply> {
  const page = await createTenantRepository(deps.db).page({
    ...pageOf(query),
    filters: { enabled: query.enabled, text: query.q },
  });
  return replyGroups(deps, kind, { page, query });
}

async function changeTenant(deps: KeyGroupDeps, call: AdminCall<Patch>, patch: Patch): Promise<AdminReply> {
  const id = groupIdOf(call);
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
  return replyGroup(deps, kind, { stored });
}

/** The limits with what a body states of them; null when none is left. */
function limitsOf(current: TenantLimits | null, body: Patch): TenantLimits | null {
  const { monthly_budget_usd: budgetUsd, rate_limit_rps: rps, max_concurrent_requests: atOnce } = body;
  const limits: TenantLimits = {
    ...(current ?? noLimits),
    ...(budgetUsd === undefined ? {} : { monthlyBudgetNanoUsd: nanoUsdOf(budgetUsd) }),
    ...(rps === undefined ? {} : { requestsPerSecond: rps !== null && rps > 0 ? rps : null }),
    ...(atOnce === undefined ? {} : { concurrentRequests: atOnce || null }),
  };
  return Object.values(limits).every((limit) => limit === null) ? null : limits;
}
