import type { CatalogueModel, CatalogueProvider } from "@tokenhub/contracts";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
import { providerRegistry } from "../registry.ts";
import type { AddProviderSettings, RegisterModelSettings } from "./added-catalogue.ts";
import type { ProviderClassOptions } from "./adapter-provider.ts";
import type { ProviderAdapterClass } from "./provider-adapter.ts";

export type { AddProviderSettings, RegisterModelSettings } from "./added-catalogue.ts";
export type { ProviderClassOptions } from "./adapter-provider.ts";
export * from "./provider-adapter.ts";
export * from "./provider-adapter-error.ts";
export type { ProviderExtension } from "./provider-registry.ts";
export type * from "../definition/provider-definition.ts";
export { apiRoot, apiUrl } from "../definition/api-url.ts";
export { readModelList } from "../definition/read-model-list.ts";
export { getHeaders, requestHeaders } from "../definition/request-headers.ts";
export { readFailure } from "../failure/read-failure.ts";
export {
  defineOpenAiCompatible,
  type OpenAiCompatibleTraits,
} from "../openai-compatible/define-openai-compatible.ts";

/**
 * Makes a class usable as a provider `type` of this process.
 *
 * @example registerProviderClass("acme", AcmeAdapter)
 * @throws TokenHubError invalid_request for an unusable name or class, already_exists when the name is taken.
 */
export function registerProviderClass(
  name: string,
  AdapterClass: ProviderAdapterClass,
  options: ProviderClassOptions = {},
): void {
  providerRegistry.registerProviderClass(name, AdapterClass, options);
}

/** Makes a server that speaks one of the wire formats usable as a provider `type`. @throws TokenHubError */
export function registerProviderDefinition(definition: ProviderDefinition): void {
  providerRegistry.registerProviderDefinition(definition);
}

/**
 * Adds an instance of a provider type, as if it stood in the configuration.
 *
 * @example addProvider("acme-eu", "acme", { apiKey, baseUrl: "https://eu.acme.example" })
 * @throws TokenHubError invalid_request or already_exists
 */
export function addProvider(id: string, type: string, settings: AddProviderSettings = {}): CatalogueProvider {
  return providerRegistry.addProvider(id, type, settings);
}

/**
 * Adds a model, as if it stood in the configuration.
 *
 * @example registerModel({ name: "acme-large", provider: "acme-eu", cost_per_1k_tokens: 0.05, context_size: 32000, weight: 150 })
 * @throws TokenHubError invalid_request or already_exists
 */
export function registerModel(model: RegisterModelSettings): CatalogueModel {
  return providerRegistry.registerModel(model);
}
