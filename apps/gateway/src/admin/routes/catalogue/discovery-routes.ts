import { TokenHubError, type CatalogueModel, type CatalogueProvider } from "@tokenhub/contracts";
import { createModelRepository, transaction } from "@tokenhub/persistence";
import { discoverModels, type DiscoveredModel, type ModelDiscovery } from "@tokenhub/providers";
import { z } from "zod";
import { adminRoute, reply, type AdminRoute } from "../../admin-route.ts";
import type { CatalogueAdminDeps } from "./catalogue-deps.ts";
import { plainModel } from "./model-from-body.ts";
import { targetOf } from "./provider-checks.ts";
import { storedProvider } from "./provider-routes.ts";

const tag = "providers";

const registerSchema = z
  .strictObject({
    register: z.literal(true),
    weight: z.number().nonnegative().default(1).meta({ description: "Of each model that is added." }),
    enabled: z.boolean().default(true),
    models: z.array(z.string().min(1).max(256)).max(10_000).optional().meta({
      description: "Names at the provider; absent: all that it lists.",
    }),
  })
  .meta({ id: "ModelsToRegister" });

/** `/admin/v1/providers/{id}/discover`: what a provider says it has, and taking it over. */
export function discoveryRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/providers/:id/discover",
      summary: "List the models that the provider says it has",
      tag,
      role: "operator",
      action: null,
      async handle({ params }) {
        const { entry: provider } = await storedProvider(deps, params["id"] ?? "");
        const { models, isComplete } = await discover(deps, provider);
        const registered = namesOf(await modelsOf(deps, provider.id));
        return reply({
          provider_id: provider.id,
          models: models.map((model) => ({
            id: model.id,
            ...(model.ownedBy === null ? {} : { owned_by: model.ownedBy }),
            ...(model.contextTokens === undefined ? {} : { max_context_tokens: model.contextTokens }),
            registered: registered.has(model.id),
          })),
          total: models.length,
          is_complete: isComplete,
        });
      },
    }),
    adminRoute<z.infer<typeof registerSchema>>({
      method: "post",
      path: "/providers/:id/discover",
      summary:
        "Add the models that the provider has and the catalogue has not; those it has stay as they are",
      tag,
      role: "operator",
      bodySchema: registerSchema,
      action: "provider.register_models",
      async handle({ params, body, audit }) {
        const { entry: provider } = await storedProvider(deps, params["id"] ?? "");
        const { models, isComplete } = await discover(deps, provider);
        const wanted = body.models === undefined ? null : new Set(body.models);
        const offered = models.filter(({ id }) => wanted === null || wanted.has(id));
        const registered = await transaction(deps.db, async (begun) => {
          const repository = createModelRepository(begun);
          const stored = await repository.list();
          const known = namesOf(stored.filter(({ entry }) => entry.providerId === provider.id));
          const taken = new Set(stored.map(({ entry }) => entry.id));
          const added: string[] = [];
          for (const found of offered.filter(({ id }) => !known.has(id))) {
            const model = modelOf(found, { provider, body, taken });
            if (model === null) continue;
            const outcome = await repository.create(model, { nowMs: deps.now() });
            taken.add(model.id);
            if (outcome.kind === "created") added.push(model.id);
          }
          const detail = { added: added.length, models: added.slice(0, 50) };
          await audit.record({ resourceKind: "provider", resourceId: provider.id, detail }, begun);
          return added;
        });
        await deps.catalogue.announce();
        return reply({
          provider_id: provider.id,
          registered,
          already_registered: offered.length - registered.length,
          not_found: [...(wanted ?? [])].filter((id) => !models.some((model) => model.id === id)),
          is_complete: isComplete,
        });
      },
    }),
  ];
}

type Found = Extract<ModelDiscovery, { readonly kind: "found" }>;

/** @throws TokenHubError with the provider's failure. */
async function discover(deps: CatalogueAdminDeps, provider: CatalogueProvider): Promise<Found> {
  const found = await discoverModels(await targetOf(deps, provider));
  if (found.kind === "found") return found;
  const { code, message, retryAfterMs } = found.failure;
  throw new TokenHubError(code, message, { retryAfterMs });
}

async function modelsOf({ db }: CatalogueAdminDeps, providerId: string) {
  const stored = await createModelRepository(db).list();
  return stored.filter(({ entry }) => entry.providerId === providerId);
}

/** What the provider calls the models that are registered for it. */
function namesOf(stored: readonly { readonly entry: CatalogueModel }[]): Set<string> {
  return new Set(stored.map(({ entry }) => entry.upstreamName));
}

/** A name that belongs to another provider's model gets the provider in front; null when that is taken too. */
function modelOf(
  found: DiscoveredModel,
  {
    provider,
    body,
    taken,
  }: {
    readonly provider: CatalogueProvider;
    readonly body: z.infer<typeof registerSchema>;
    readonly taken: ReadonlySet<string>;
  },
): CatalogueModel | null {
  const id = [found.id, `${provider.id}/${found.id}`].find((name) => !taken.has(name) && name.length <= 256);
  if (id === undefined) return null;
  return {
    ...plainModel(id, provider.id),
    upstreamName: found.id,
    weight: body.weight,
    enabled: body.enabled,
    ...(found.contextTokens === undefined
      ? {}
      : { contextTokens: found.contextTokens, contextSource: "provider" }),
  };
}
