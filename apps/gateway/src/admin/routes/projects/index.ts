import { idFrom, TokenHubError } from "@tokenhub/contracts";
import {
  builtInTenantIds,
  createProjectRepository,
  createTenantRepository,
  type Project,
  type Versioned,
} from "@tokenhub/persistence";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import {
  budgetField,
  chosenIdField,
  nameField,
  nanoUsdOf,
  timeText,
  truthQuery,
  usdOf,
} from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";
import { foundEntry, writtenEntry } from "../../written-entry.ts";
import type { TenantRouteDeps } from "../tenants/index.ts";

const settings = { monthly_budget_usd: budgetField, enabled: z.boolean() };
const bodySchema = z.strictObject({ name: nameField, ...z.object(settings).partial().shape });
const createSchema = bodySchema.extend({
  id: chosenIdField.optional(),
  tenant_id: z.string().min(1).max(128).optional(),
});
const patchSchema = z.strictObject({ name: nameField, ...settings }).partial();
const querySchema = z.object({
  ...pageQueryShape,
  tenant_id: z.string().max(128).optional(),
  enabled: truthQuery.optional(),
  q: z.string().max(200).optional().meta({ description: "Part of the id or the name." }),
  sort: z.enum(["id", "name", "created_at"]).default("id"),
  order: z.enum(["asc", "desc"]).default("asc"),
});
type Body = z.infer<typeof bodySchema>;
type Patch = z.infer<typeof patchSchema>;
type Query = z.infer<typeof querySchema>;

const noun = "project";
const tag = "projects";

/** Projects: keys of one tenant that share a budget. */
export function projectRoutes(deps: TenantRouteDeps): AdminRoute[] {
  return [
    adminRoute<z.infer<typeof createSchema>>({
      method: "post",
      path: "/projects",
      summary: "Creates a project.",
      tag,
      role: "admin",
      bodySchema: createSchema,
      action: "project.create",
      handle: (call) => createProject(deps, call),
    }),
    adminRoute<undefined, Query>({
      method: "get",
      path: "/projects",
      summary: "Lists projects.",
      tag,
      role: "viewer",
      querySchema,
      action: null,
      handle: (call) => listProjects(deps, call.query),
    }),
    adminRoute({
      method: "get",
      path: "/projects/:id",
      summary: "Reads one project.",
      tag,
      role: "viewer",
      action: null,
      handle: async ({ params }) =>
        replyProject(deps, foundEntry(await createProjectRepository(deps.db).get(params["id"] ?? ""), noun)),
    }),
    adminRoute<Body>({
      method: "put",
      path: "/projects/:id",
      summary: "Replaces a project's settings; what is absent gets its default. Its tenant stays.",
      tag,
      role: "admin",
      bodySchema,
      action: "project.update",
      handle: (call) => changeProject(deps, call, { monthly_budget_usd: null, enabled: true, ...call.body }),
    }),
    adminRoute<Patch>({
      method: "patch",
      path: "/projects/:id",
      summary: "Changes some of a project's settings.",
      tag,
      role: "admin",
      bodySchema: patchSchema,
      action: "project.update",
      handle: (call) => changeProject(deps, call, call.body),
    }),
    adminRoute({
      method: "delete",
      path: "/projects/:id",
      summary: "Deletes a project that has no keys.",
      tag,
      role: "admin",
      action: "project.delete",
      handle: (call) => removeProject(deps, call),
    }),
  ];
}

async function createProject(
  deps: TenantRouteDeps,
  { body, audit, response }: AdminCall<z.infer<typeof createSchema>>,
): Promise<AdminReply> {
  const id = body.id ?? idFrom("project", randomUUID());
  const tenantId = body.tenant_id ?? builtInTenantIds.default;
  const stored = await deps.directory.change(async (transaction, notes) => {
    if ((await createTenantRepository(transaction).get(tenantId)) === null)
      throw new TokenHubError("invalid_request", "There is no tenant of this id.", { param: "tenant_id" });
    const project: Project = {
      id,
      tenantId,
      name: body.name,
      enabled: body.enabled ?? true,
      monthlyBudgetNanoUsd: nanoUsdOf(body.monthly_budget_usd ?? null),
    };
    const nowMs = deps.now();
    const written = writtenEntry(await createProjectRepository(transaction).create(project, { nowMs }), noun);
    notes.group();
    const detail = { name: body.name, tenantId };
    await audit.record({ resourceKind: noun, resourceId: id, detail }, transaction);
    return written;
  });
  response.setHeader("location", `/admin/v1/projects/${id}`);
  return replyProject(deps, stored, { status: 201 });
}

async function listProjects(deps: TenantRouteDeps, query: Query): Promise<AdminReply> {
  const { limit, offset } = query;
  const { items, total } = await createProjectRepository(deps.db).page({
    limit,
    offset,
    filters: { tenantId: query.tenant_id, enabled: query.enabled, text: query.q },
    sort: { by: query.sort === "created_at" ? "createdAt" : query.sort, direction: query.order },
  });
  const scopes = items.map(({ entry }) => ({ id: entry.id, resetAtMs: null }));
  const spent = await deps.spend.spentByMany("project", scopes, deps.now());
  return reply({
    items: items.map((stored) => presentProject(stored, spent.get(stored.entry.id) ?? 0)),
    total,
    limit,
    offset,
  });
}

async function changeProject(
  deps: TenantRouteDeps,
  call: AdminCall<Patch>,
  patch: Patch,
): Promise<AdminReply> {
  const id = call.params["id"] ?? "";
  const budget = patch.monthly_budget_usd;
  const stored = await deps.directory.change(async (transaction, notes) => {
    const written = writtenEntry(
      await createProjectRepository(transaction).update(
        id,
        {
          name: patch.name,
          enabled: patch.enabled,
          monthlyBudgetNanoUsd: budget === undefined ? undefined : nanoUsdOf(budget),
        },
        { nowMs: deps.now(), expectedVersion: call.expectedVersion },
      ),
      noun,
    );
    notes.group();
    const detail = { changed: Object.keys(call.body) };
    await call.audit.record({ resourceKind: noun, resourceId: id, detail }, transaction);
    return written;
  });
  return replyProject(deps, stored);
}

async function removeProject(deps: TenantRouteDeps, call: AdminCall): Promise<AdminReply> {
  const id = call.params["id"] ?? "";
  await deps.directory.change(async (transaction, notes) => {
    const { expectedVersion } = call;
    writtenEntry(await createProjectRepository(transaction).remove(id, { expectedVersion }), noun);
    notes.group();
    await call.audit.record({ resourceKind: noun, resourceId: id }, transaction);
  });
  return reply({ ok: true, id });
}

async function replyProject(
  deps: TenantRouteDeps,
  stored: Versioned<Project>,
  { status = 200 }: { readonly status?: number } = {},
): Promise<AdminReply> {
  const scope = { kind: "project", id: stored.entry.id, resetAtMs: null } as const;
  const spentNanoUsd = await deps.spend.spentNanoUsd(scope, deps.now());
  return reply(presentProject(stored, spentNanoUsd), { status, version: stored.version });
}

function presentProject({ entry, createdAtMs, updatedAtMs }: Versioned<Project>, spentNanoUsd: number) {
  return {
    id: entry.id,
    tenant_id: entry.tenantId,
    name: entry.name,
    enabled: entry.enabled,
    monthly_budget_usd: usdOf(entry.monthlyBudgetNanoUsd),
    current_spend_usd: usdOf(spentNanoUsd),
    created_at: timeText(createdAtMs),
    updated_at: timeText(updatedAtMs),
  };
}
