import { TokenHubError, providerIdSchema, type CatalogueModel } from "@tokenhub/contracts";
import {
  createModelRepository,
  createProviderRepository,
  transaction,
  type Database,
} from "@tokenhub/persistence";
import { findProvider } from "@tokenhub/providers";
import { z } from "zod";
import { adminRoute, reply, type AdminCall, type AdminRoute } from "../../admin/admin-route.ts";
import type { CatalogueAdminDeps } from "../../admin/routes/catalogue/catalogue-deps.ts";
import { plainModel } from "../../admin/routes/catalogue/model-from-body.ts";
import { plainProvider } from "../../admin/routes/catalogue/provider-from-body.ts";
import { legacyBodySchema, readLegacyForm, type LegacyBody } from "./legacy-form.ts";

const formSchema = z.object({
  name: z.string().trim().min(1).max(256),
  provider: providerIdSchema,
  cost_per_1k_tokens: z.number().nonnegative(),
  context_size: z.int().nonnegative(),
  weight: z.number().nonnegative(),
});
type ModelForm = z.infer<typeof formSchema>;
const required = ["name", "provider", "cost_per_1k_tokens", "context_size", "weight"];

/** `/admin/models` of the first generation. */
export function legacyModelRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/models",
      summary: "List the models",
      tag: "legacy",
      role: "viewer",
      action: null,
      async handle() {
        const models = await createModelRepository(deps.db).list();
        return reply({ models: models.map(({ entry }) => viewModel(entry)) });
      },
    }),
    adminRoute<LegacyBody>({
      method: "post",
      path: "/models",
      summary: "Add or change a model: `name`, `provider`, `cost_per_1k_tokens`, `context_size`, `weight`",
      tag: "legacy",
      role: "operator",
      bodySchema: legacyBodySchema,
      action: "model.add",
      async handle(call) {
        await addModel(deps, { form: readLegacyForm(formSchema, { body: call.body, required }), call });
        return reply({ message: "Model added successfully" });
      },
    }),
  ];
}

async function addModel(
  deps: CatalogueAdminDeps,
  { form, call }: { readonly form: ModelForm; readonly call: Pick<AdminCall, "audit"> },
): Promise<void> {
  const nowMs = deps.now();
  await transaction(deps.db, async (begun) => {
    await provideProvider(begun, { id: form.provider, nowMs });
    const models = createModelRepository(begun);
    const present = await models.get(form.name);
    const base = present?.entry ?? plainModel(form.name, form.provider);
    await models.upsert(withForm(base, form), { nowMs, source: "admin" });
    const detail = { provider: form.provider, isNew: present === null };
    await call.audit.record({ resourceKind: "model", resourceId: form.name, detail }, begun);
  });
  await deps.catalogue.announce();
}

/**
 * The first generation knew its providers by their types, so a model may name one that was not added yet: it is added
 * with the type's defaults, and takes its key from the environment until it is given one.
 */
async function provideProvider(
  begun: Database["db"],
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): Promise<void> {
  const providers = createProviderRepository(begun);
  if ((await providers.get(id)) !== null) return;
  if ((findProvider(id)?.defaultBaseUrl ?? null) === null)
    throw new TokenHubError("invalid_request", `Unknown provider ${id}`, { param: "provider" });
  await providers.create(plainProvider(id, id), { nowMs });
}

function withForm(base: CatalogueModel, form: ModelForm): CatalogueModel {
  const cost = form.cost_per_1k_tokens;
  return {
    ...base,
    providerId: form.provider,
    weight: form.weight,
    contextTokens: form.context_size,
    contextSource: "manual",
    price: { inputPer1kUsd: cost, outputPer1kUsd: cost },
    priceSource: "manual",
  };
}

/** One number stands for both prices here: the higher one, so that nobody reckons with too little. */
function viewModel({ id, providerId, price, contextTokens, weight }: CatalogueModel): object {
  return {
    name: id,
    provider: providerId,
    cost_per_1k_tokens: price === null ? null : Math.max(price.inputPer1kUsd, price.outputPer1kUsd),
    context_size: contextTokens,
    weight,
  };
}
