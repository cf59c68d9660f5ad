import { createProviderRepository } from "@tokenhub/persistence";
import type { CatalogueProvider } from "@tokenhub/contracts";
import { providerTypes, validateAll } from "@tokenhub/providers";
import type { Stored } from "@tokenhub/persistence";
import { z } from "zod";
import { adminRoute, reply, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { pageQueryShape } from "../../page.ts";
import type { CatalogueAdminDeps } from "./catalogue-deps.ts";
import { foundEntry } from "./found-entry.ts";
import { truthQuery } from "../../fields.ts";
import { sortQuery, sourceQuery, textQuery } from "./list-query.ts";
import { checkKey, requireConnection, targetOf, testProvider } from "./provider-checks.ts";
import {
  createProviderSchema,
  patchProviderSchema,
  replaceProviderSchema,
  type ProviderForm,
} from "./provider-form.ts";
import { plainProvider } from "./provider-from-body.ts";
import { replacementForm } from "./replacement-form.ts";
import { viewProviders } from "./provider-view.ts";
import {
  createProvider,
  draftOf,
  keyChangeOf,
  removeProvider,
  replacedBase,
  updateProvider,
} from "./save-provider.ts";

const tag = "providers";
const listQuery = z.strictObject({
  ...pageQueryShape,
  type: z.string().max(64).optional(),
  enabled: truthQuery.optional(),
  source: sourceQuery.optional(),
  text: textQuery.optional(),
  sort: sortQuery({ id: "id", type: "type", created_at: "createdAt", updated_at: "updatedAt" }).optional(),
});
const saveQuery = z.strictObject({
  test: truthQuery.optional().meta({ description: "true: saved only if a connection test succeeds." }),
});
const keyToCheck = z
  .strictObject({ api_key: z.string().trim().min(1).max(8_192).optional().meta({ writeOnly: true }) })
  .meta({ id: "KeyToCheck", description: "Without `api_key`, the key in use is checked." });

/** `/admin/v1/providers`: the provider registry. */
export function providerRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [...checkRoutes(deps), ...readRoutes(deps), ...writeRoutes(deps)];
}

function readRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [
    adminRoute<undefined, z.infer<typeof listQuery>>({
      method: "get",
      path: "/providers",
      summary: "List providers",
      tag,
      role: "viewer",
      querySchema: listQuery,
      action: null,
      async handle({ query: { limit, offset, sort, ...filters } }) {
        const page = await createProviderRepository(deps.db).page({
          limit,
          offset,
          filters,
          ...(sort === undefined ? {} : { sort }),
        });
        return reply({ items: await viewProviders(deps, page.items), total: page.total, limit, offset });
      },
    }),
    adminRoute({
      method: "get",
      path: "/provider-types",
      summary: "List the provider types that a provider may have",
      tag,
      role: "viewer",
      action: null,
      handle: async () => reply({ items: providerTypes() }),
    }),
    adminRoute({
      method: "get",
      path: "/providers/:id",
      summary: "Get a provider",
      tag,
      role: "viewer",
      action: null,
      handle: async ({ params }) => replyWith(deps, await storedProvider(deps, params["id"] ?? "")),
    }),
  ];
}

function writeRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [
    adminRoute<z.infer<typeof createProviderSchema>, z.infer<typeof saveQuery>>({
      method: "post",
      path: "/providers",
      summary: "Add a provider",
      tag,
      role: "operator",
      bodySchema: createProviderSchema,
      querySchema: saveQuery,
      action: "provider.create",
      async handle(call) {
        const { id, ...form } = call.body;
        const entry = draftOf(deps, form, plainProvider(id, form.type));
        const test = call.query.test === true ? await tested(deps, entry, form) : undefined;
        const stored = await createProvider(deps, { entry, key: keyChangeOf(form), call });
        call.response.setHeader("location", `/admin/v1/providers/${id}`);
        return replyWith(deps, stored, { status: 201, test });
      },
    }),
    adminRoute<z.infer<typeof replaceProviderSchema>, z.infer<typeof saveQuery>>({
      method: "put",
      path: "/providers/:id",
      summary: "Replace a provider; its key stays unless one is given",
      tag,
      role: "operator",
      bodySchema: replaceProviderSchema,
      querySchema: saveQuery,
      action: "provider.replace",
      async handle(call) {
        const id = call.params["id"] ?? "";
        const form = replacementForm(call.body, { id, readOnlyNames: ["has_key", "warnings"] });
        return change(deps, { id, form, call, isReplacement: true });
      },
    }),
    adminRoute<z.infer<typeof patchProviderSchema>, z.infer<typeof saveQuery>>({
      method: "patch",
      path: "/providers/:id",
      summary: "Change some fields of a provider; null clears one",
      tag,
      role: "operator",
      bodySchema: patchProviderSchema,
      querySchema: saveQuery,
      action: "provider.update",
      handle: (call) =>
        change(deps, { id: call.params["id"] ?? "", form: call.body, call, isReplacement: false }),
    }),
    adminRoute({
      method: "delete",
      path: "/providers/:id",
      summary: "Remove a provider with its models and its key",
      tag,
      role: "operator",
      action: "provider.delete",
      async handle(call) {
        const id = call.params["id"] ?? "";
        const modelIds = await removeProvider(deps, { id, call });
        return reply({ id, deleted: true, models: modelIds });
      },
    }),
  ];
}

type Updating = Parameters<typeof updateProvider>[1];

async function change(
  deps: CatalogueAdminDeps,
  update: Updating & { readonly call: { readonly query: z.infer<typeof saveQuery> } },
): Promise<AdminReply> {
  const { id, form, call, isReplacement } = update;
  let test: object | undefined;
  if (call.query.test === true) {
    const { entry } = await storedProvider(deps, id);
    test = await tested(deps, draftOf(deps, form, isReplacement ? replacedBase(entry) : entry), form);
  }
  return replyWith(deps, await updateProvider(deps, update), { test });
}

function checkRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [
    adminRoute<z.infer<typeof createProviderSchema>>({
      method: "post",
      path: "/providers/test",
      summary: "Try a provider out without saving it",
      tag,
      role: "operator",
      bodySchema: createProviderSchema,
      action: "provider.test",
      async handle({ body: { id, ...form } }) {
        const entry = draftOf(deps, form, plainProvider(id, form.type));
        return reply(await testProvider(deps, await targetFor(deps, entry, form)));
      },
    }),
    adminRoute({
      method: "post",
      path: "/providers/validate",
      summary: "Whether each enabled provider takes its key: a map from id to true or false",
      tag,
      role: "operator",
      action: "provider.validate",
      async handle() {
        const stored = (await createProviderRepository(deps.db).list()).filter(({ entry }) => entry.enabled);
        const targets = await Promise.all(stored.map(({ entry }) => targetOf(deps, entry)));
        return reply(Object.fromEntries(await validateAll(targets)));
      },
    }),
    adminRoute<z.infer<typeof patchProviderSchema>>({
      method: "post",
      path: "/providers/:id/test",
      summary: "Try a provider out, with the changes in the body if there are any",
      tag,
      role: "operator",
      bodySchema: patchProviderSchema,
      action: "provider.test",
      async handle({ params, body }) {
        const { entry } = await storedProvider(deps, params["id"] ?? "");
        const draft = draftOf(deps, body, entry);
        return reply(await testProvider(deps, await targetFor(deps, draft, body)));
      },
    }),
    adminRoute<z.infer<typeof keyToCheck>>({
      method: "post",
      path: "/providers/:id/validate-key",
      summary: "Whether the provider takes its key, or the one in the body",
      tag,
      role: "operator",
      bodySchema: keyToCheck,
      action: "provider.validate",
      async handle({ params, body }) {
        const { entry } = await storedProvider(deps, params["id"] ?? "");
        return reply(await checkKey(await targetOf(deps, entry, { givenKey: body.api_key ?? null })));
      },
    }),
  ];
}

async function tested(
  deps: CatalogueAdminDeps,
  entry: CatalogueProvider,
  form: ProviderForm,
): Promise<object> {
  return requireConnection(deps, await targetFor(deps, entry, form));
}

function targetFor(deps: CatalogueAdminDeps, entry: CatalogueProvider, form: ProviderForm) {
  const key = keyChangeOf(form);
  return targetOf(deps, entry, { givenKey: key.kind === "set" ? key.key : null });
}

export async function storedProvider(
  { db }: Pick<CatalogueAdminDeps, "db">,
  id: string,
): Promise<Stored<CatalogueProvider>> {
  return foundEntry(await createProviderRepository(db).get(id), { kind: "provider", id });
}

async function replyWith(
  deps: CatalogueAdminDeps,
  stored: Stored<CatalogueProvider>,
  { status = 200, test }: { readonly status?: number; readonly test?: object | undefined } = {},
): Promise<AdminReply> {
  const [view] = await viewProviders(deps, [stored]);
  return reply({ ...view, ...(test === undefined ? {} : { test }) }, { status, version: stored.version });
}
