import { idFrom, TokenHubError } from "@tokenhub/contracts";
import {
  builtInTenantIds,
  createProjectRepository,
  createTenantRepository,
  type Project,
} from "@tokenhub/persistence";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { adminRoute, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { budgetField, chosenIdField, nameField, nanoUsdOf } from "../../fields.ts";
import { foundEntry, writtenEntry } from "../../written-entry.ts";
import {
  groupIdOf,
  keyGroupQueryShape,
  pageOf,
  removeGroup,
  replyGroup,
  replyGroups,
  type KeyGroupDeps,
  type KeyGroupKind,
} from "../tenants/key-group.ts";

const settings = { monthly_budget_usd: budgetField, enabled: z.boolean() };
const bodySchema = z.strictObject({ name: nameField, ...z.object(settings).partial().shape });
const createSchema = bodySchema.extend({
  id: chosenIdField.optional(),
  tenant_id: z.string().min(1).max(128).optional(),
});
const patchSchema = z.strictObject({ name: nameField, ...settings }).partial();
const querySchema = z.object({ ...keyGroupQueryShape, tenant_id: z.string().max(128).optional() });
type Body = z.infer<typeof bodySchema>;
type Patch = z.infer<typeof patchSchema>;
type Query = z.infer<typeof querySchema>;

const noun = "project";
const tag = "projects";
const kind: KeyGroupKind<Project> = {
  noun,
  budgetNanoUsdOf: ({ monthlyBudgetNanoUsd }) => monthlyBudgetNanoUsd,
  present: ({ tenantId }) => ({ tenant_id: tenantId }),
};

/** Projects: keys of one tenant that share a budget. */
export function projectRoutes(deps: KeyGroupDeps): AdminRoute[] {
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
      async handle(call) {
        const stored = await createProjectRepository(deps.db).get(groupIdOf(call));
        return replyGroup(deps, kind, { stored: foundEntry(stored, noun) });
      },
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
      handle: (call) => removeGroup(deps, kind, { call, repositoryOf: createProjectRepository }),
    }),
  ];
}

async function createProject(
  deps: KeyGroupDeps,
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
  return replyGroup(deps, kind, { stored, status: 201 });
}

async function listProjects(deps: KeyGroupDeps, query: Query): Promise<AdminReply> {
  const page = await createProjectRepository(deps.db).page({
    ...pageOf(query),
    filters: { tenantId: query.tenant_id, enabled: query.enabled, text: query.q },
  });
  return replyGroups(deps, kind, { page, query });
}

async function changeProject(deps: KeyGroupDeps, call: AdminCall<Patch>, patch: Patch): Promise<AdminReply> {
  const id = groupIdOf(call);
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
  return replyGroup(deps, kind, { stored });
}
