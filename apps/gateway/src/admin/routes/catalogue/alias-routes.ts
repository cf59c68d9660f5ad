import { TokenHubError, type CatalogueAlias } from "@tokenhub/contracts";
import { createAliasRepository, createModelRepository, type Stored } from "@tokenhub/persistence";
import { z } from "zod";
import { adminRoute, reply, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { pageQueryShape } from "../../page.ts";
import { aliasName, createAliasSchema, patchAliasSchema, replaceAliasSchema } from "./alias-form.ts";
import type { CatalogueAdminDeps } from "./catalogue-deps.ts";
import { foundEntry } from "./found-entry.ts";
import { truthQuery } from "../../fields.ts";
import { sortQuery, textQuery } from "./list-query.ts";
import { createAlias, removeAlias, updateAlias } from "./save-alias.ts";
import { storedMeta } from "./stored-meta.ts";

const tag = "aliases";
const listQuery = z.strictObject({
  ...pageQueryShape,
  model: z.string().max(256).optional().meta({ description: "Id of a model that the alias stands for." }),
  enabled: truthQuery.optional(),
  text: textQuery.optional(),
  sort: sortQuery({ name: "id", created_at: "createdAt", updated_at: "updatedAt" }).optional(),
});

/** `/admin/v1/aliases`: names that stand for one or more models. They may contain `/`. */
export function aliasRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [
    adminRoute<undefined, z.infer<typeof listQuery>>({
      method: "get",
      path: "/aliases",
      summary: "List aliases",
      tag,
      role: "viewer",
      querySchema: listQuery,
      action: null,
      async handle({ query: { limit, offset, sort, model, enabled, text } }) {
        const page = await createAliasRepository(deps.db).page({
          limit,
          offset,
          filters: { modelId: model, enabled, text },
          ...(sort === undefined ? {} : { sort }),
        });
        return reply({
          items: page.items.map((stored) => viewAlias(stored)),
          total: page.total,
          limit,
          offset,
        });
      },
    }),
    adminRoute<z.infer<typeof createAliasSchema>>({
      method: "post",
      path: "/aliases",
      summary: "Add an alias",
      tag,
      role: "operator",
      bodySchema: createAliasSchema,
      action: "alias.create",
      async handle(call) {
        const { name: id, ...form } = call.body;
        return replyWith(deps, await createAlias(deps, { id, form, call }), { status: 201 });
      },
    }),
    adminRoute({
      method: "get",
      path: "/aliases/*name",
      summary: "Get an alias",
      tag,
      role: "viewer",
      action: null,
      async handle({ params }) {
        const id = params["name"] ?? "";
        return replyWith(
          deps,
          foundEntry(await createAliasRepository(deps.db).get(id), { kind: "alias", id }),
        );
      },
    }),
    adminRoute<z.infer<typeof replaceAliasSchema>>({
      method: "put",
      path: "/aliases/*name",
      summary: "Make an alias what the body says; 201 when it is new",
      tag,
      role: "operator",
      bodySchema: replaceAliasSchema,
      action: "alias.replace",
      async handle(call) {
        const id = aliasNameOf(call.params["name"] ?? "");
        const { name = id, source: _s, version: _v, created_at: _c, updated_at: _u, ...form } = call.body;
        if (name !== id)
          throw new TokenHubError(
            "invalid_request",
            "`name` is not the one of the path; it cannot be changed.",
            {
              param: "name",
            },
          );
        // Who names a version means an alias that is there.
        const isNew =
          call.expectedVersion === null && (await createAliasRepository(deps.db).get(id)) === null;
        return isNew
          ? replyWith(deps, await createAlias(deps, { id, form, call }), { status: 201 })
          : replyWith(deps, await updateAlias(deps, { id, form, call, isReplacement: true }));
      },
    }),
    adminRoute<z.infer<typeof patchAliasSchema>>({
      method: "patch",
      path: "/aliases/*name",
      summary: "Change some fields of an alias",
      tag,
      role: "operator",
      bodySchema: patchAliasSchema,
      action: "alias.update",
      async handle(call) {
        const id = call.params["name"] ?? "";
        return replyWith(deps, await updateAlias(deps, { id, form: call.body, call, isReplacement: false }));
      },
    }),
    adminRoute({
      method: "delete",
      path: "/aliases/*name",
      summary: "Remove an alias",
      tag,
      role: "operator",
      action: "alias.delete",
      async handle(call) {
        const id = call.params["name"] ?? "";
        await removeAlias(deps, { id, call });
        return reply({ name: id, deleted: true });
      },
    }),
  ];
}

function aliasNameOf(text: string): string {
  const parsed = aliasName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new TokenHubError(
    "invalid_request",
    "The name of an alias has 1 to 256 characters, no control characters and no blank at either end.",
    { param: "name" },
  );
}

function viewAlias(stored: Stored<CatalogueAlias>, warnings: readonly string[] = []): object {
  const { entry } = stored;
  return {
    name: entry.id,
    enabled: entry.enabled,
    sticky_by: entry.stickyBy,
    variants: entry.variants.map(({ modelId, weight }) => ({ model_id: modelId, weight })),
    ...storedMeta(stored),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

async function replyWith(
  { db }: Pick<CatalogueAdminDeps, "db">,
  stored: Stored<CatalogueAlias>,
  { status = 200 }: { readonly status?: number } = {},
): Promise<AdminReply> {
  const { id } = stored.entry;
  const isShadowed = (await createModelRepository(db).get(id)) !== null;
  const warnings = isShadowed ? [`A model is called ${id} too; requests for that name go to the model.`] : [];
  return reply(viewAlias(stored, warnings), { status, version: stored.version });
}
