import type { Catalogue, CatalogueModel, CatalogueProvider } from "@tokenhub/contracts";
import type { CallTarget } from "./handlers/execute-call.ts";

export interface TargetIndex {
  replace(catalogue: Catalogue): void;
  /** Null when the model or its provider is gone or disabled. */
  readonly find: (candidate: { readonly modelId: string; readonly providerId: string }) => CallTarget | null;
}

/** The candidates of the newest catalogue by id. */
export function createTargetIndex(): TargetIndex {
  let providers = new Map<string, CatalogueProvider>();
  let models = new Map<string, CatalogueModel>();
  return {
    replace(catalogue) {
      providers = new Map(catalogue.providers.map((provider) => [provider.id, provider]));
      models = new Map(catalogue.models.map((model) => [model.id, model]));
    },
    find({ modelId, providerId }) {
      const provider = providers.get(providerId);
      const model = models.get(modelId);
      const isUsable =
        provider?.enabled === true && model?.enabled === true && model.providerId === providerId;
      return isUsable ? { provider, model } : null;
    },
  };
}
