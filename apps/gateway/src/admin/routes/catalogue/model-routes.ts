import { capabilitySchema, TokenHubError } from "@tokenhub/contracts";
import {
  createModelRepository,
  createProviderRepository,
  type ModelEntry,
  type Stored,
} from "@tokenhub/persistence";
import { z } from "zod";
import { fillFromPriceList } from "../../../prices/fill-from-price-list.ts";
import { adminRoute, reply, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { pageQueryShape } from "../../page.ts";
import type { CatalogueAdminDeps } from "./catalogue-deps.ts";
import { foundEntry } from "./found-entry.ts";
import { truthQuery } from "../../fields.ts";
import { sortQuery, sourceQuery, textQuery } from "./list-query.ts";
import { createModelSchema, patchModelSchema, replaceModelSchema } from "./model-form.ts";
import { modelFromBody, plainModel } from "./model-from-body.ts";
import { viewModel } from "./model-view.ts";
import { replacementForm } from "./replacement-form.ts";
import { createModel, removeModel, updateModel, withListPrices } from "./save-model.ts";

const tag = "models";
const listQuery = z.strictObject({
  ...pageQueryShape,
  provider: z.string().max(64).optional().meta({ description: "Id of a provider." }),
  provider_id: z.string().max(64).optional().meta({ description: "The same as `provider`." }),
  capability: capabilitySchema.optional(),
  enabled: truthQuery.optional(),
  source: sourceQuery.optional(),
  text: textQuery.optional(),
  sort: sortQuery({
    id: "id",
    provider_id: "providerId",
    weight: "weight",
    max_context_tokens: "contextTokens",
    input_per_1k: "inputPrice",
    created_at: "createdAt",
    updated_at: "updatedAt",
  }).optional(),
});

/** `/admin/v1/models`: the model registry. Ids may contain `/`. */
export function modelRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [
    adminRoute<undefined, z.infer<typeof listQuery>>({
      method: "get",
      path: "/models",
      summary: "List models",
      tag,
      role: "viewer",
      querySchema: listQuery,
      action: null,
      async handle({
        query: { limit, offset, sort, provider, provider_id: providerId = provider, ...filters },
      }) {
        const page = await createModelRepository(deps.db).page({
          limit,
          offset,
          filters: { ...filters, providerId },
          ...(sort === undefined ? {} : { sort }),
        });
        const items = (await pricedOf(deps, page.items)).map(viewModel);
        return reply({ items, total: page.total, limit, offset });
      },
    }),
    adminRoute<z.infer<typeof createModelSchema>>({
      method: "post",
      path: "/models",
      summary: "Add a model",
      tag,
      role: "operator",
      bodySchema: createModelSchema,
      action: "model.create",
      async handle(call) {
        const { id, ...form } = call.body;
        const entry = modelFromBody(form, { base: plainModel(id, ""), shown: null });
        if (entry.providerId === "")
          throw new TokenHubError("invalid_request", "`provider_id` is missing. Name the model's provider.", {
            param: "provider_id",
          });
        const stored = await createModel(deps, { entry, call });
        call.response.setHeader("location", `/admin/v1/models/${encodeURI(id)}`);
        return replyWith(stored, { status: 201 });
      },
    }),
    adminRoute({
      method: "get",
      path: "/models/*id",
      summary: "Get a model",
      tag,
      role: "viewer",
      action: null,
      async handle({ params }) {
        const id = params["id"] ?? "";
        const stored = foundEntry(await createModelRepository(deps.db).get(id), { kind: "model", id });
        return replyWith(await withListPrices(deps, stored));
      },
    }),
    adminRoute<z.infer<typeof replaceModelSchema>>({
      method: "put",
      path: "/models/*id",
      summary: "Replace a model",
      tag,
      role: "operator",
      bodySchema: replaceModelSchema,
      action: "model.replace",
      async handle(call) {
        const id = call.params["id"] ?? "";
        const readOnlyNames = ["context_source", "warnings"] as const;
        const form = replacementForm(call.body, { id, readOnlyNames });
        return replyWith(await updateModel(deps, { id, form, call, isReplacement: true }));
      },
    }),
    adminRoute<z.infer<typeof patchModelSchema>>({
      method: "patch",
      path: "/models/*id",
      summary: "Change some fields of a model; null clears one",
      tag,
      role: "operator",
      bodySchema: patchModelSchema,
      action: "model.update",
      async handle(call) {
        const id = call.params["id"] ?? "";
        return replyWith(await updateModel(deps, { id, form: call.body, call, isReplacement: false }));
      },
    }),
    adminRoute({
      method: "delete",
      path: "/models/*id",
      summary: "Remove a model",
      tag,
      role: "operator",
      action: "model.delete",
      async handle(call) {
        const id = call.params["id"] ?? "";
        await removeModel(deps, { id, call });
        return reply({ id, deleted: true });
      },
    }),
  ];
}

/** A page of models with list prices; reads the providers once for all of them. */
async function pricedOf(
  { db, prices }: CatalogueAdminDeps,
  stored: readonly Stored<ModelEntry>[],
): Promise<Stored<ModelEntry>[]> {
  const providers = new Map(
    (await createProviderRepository(db).list()).map(({ entry }) => [entry.id, entry]),
  );
  return stored.map((model) => {
    const provider = providers.get(model.entry.providerId);
    return { ...model, entry: fillFromPriceList(model.entry, { provider, prices }) };
  });
}

function replyWith(
  stored: Stored<ModelEntry>,
  { status = 200 }: { readonly status?: number } = {},
): AdminReply {
  return reply(viewModel(stored), { status, version: stored.version });
}
