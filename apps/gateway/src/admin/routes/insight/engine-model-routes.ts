import type { Catalogue, CatalogueModel, CatalogueProvider } from "@tokenhub/contracts";
import { findProvider, isBuiltIn } from "@tokenhub/providers";
import type { z } from "zod";
import { adminRoute, reply, type AdminRoute } from "../../admin-route.ts";
import { pageQuerySchema } from "../../page.ts";
import type { InsightDeps } from "./insight-deps.ts";

type PageQuery = z.infer<typeof pageQuerySchema>;

/** The catalogue as the routers have it now, whoever put it there. */
export function engineModelRoutes({ catalogue }: Pick<InsightDeps, "catalogue">): AdminRoute[] {
  return [
    adminRoute<undefined, PageQuery>({
      method: "get",
      path: "/engine/models",
      summary: "Lists the models that requests are routed among, and the providers that serve them.",
      tag: "engine",
      role: "viewer",
      querySchema: pageQuerySchema,
      action: null,
      handle: async ({ query }) => reply(present(catalogue.current(), query)),
    }),
  ];
}

function present({ version, models, providers }: Catalogue, { limit, offset }: PageQuery) {
  const serving = providers.filter(({ type, enabled }) => enabled && findProvider(type) !== null);
  const servingIds = new Set(serving.map(({ id }) => id));
  return {
    models: models.slice(offset, offset + limit).map((model) => presentModel(model, servingIds)),
    total: models.length,
    limit,
    offset,
    catalogue_version: version,
    adapters: serving.map(({ id }) => id),
    adapter_info: serving.map(presentAdapter),
  };
}

function presentModel(model: CatalogueModel, servingIds: ReadonlySet<string>) {
  return {
    id: model.id,
    provider_id: model.providerId,
    upstream_name: model.upstreamName,
    weight: model.weight,
    max_context_tokens: model.contextTokens,
    input_per_1k: model.price?.inputPer1kUsd ?? null,
    output_per_1k: model.price?.outputPer1kUsd ?? null,
    pricing_source: model.priceSource,
    capabilities: model.capabilities,
    enabled: model.enabled,
    /** Whether requests can reach it now, its provider's health aside. */
    routable: model.enabled && servingIds.has(model.providerId),
  };
}

function presentAdapter(provider: CatalogueProvider) {
  const definition = findProvider(provider.type);
  const { id, type, options } = provider;
  if (definition === null || isBuiltIn(definition)) return { id, type };
  const baseUrl = provider.baseUrl ?? definition.defaultBaseUrl;
  if (baseUrl === null) return { id, type };
  const healthUrl =
    definition.healthUrl?.({ baseUrl, options }) ??
    definition.models.buildRequest({ baseUrl, apiKey: null, headers: {}, options, pageToken: null }).url;
  return { id, type, health_endpoint: healthUrl };
}
