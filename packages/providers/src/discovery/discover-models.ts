import type { CallFailure } from "@tokenhub/contracts";
import type { DiscoveredModel } from "../definition/provider-definition.ts";
import { askModels, type ProviderTarget } from "./ask-models.ts";

export type ModelDiscovery =
  | {
      readonly kind: "found";
      /** In the provider's order, each name once. */
      readonly models: readonly DiscoveredModel[];
      /** False: the provider has more than were read (20 pages, 1 MiB, 10,000 models). */
      readonly isComplete: boolean;
    }
  | { readonly kind: "failed"; readonly failure: CallFailure };

/**
 * The models a provider says it has, asked by its type's own path and credential. At most 10 s and 1 MiB; a redirect is a
 * failure, so the key goes to no other server. Never throws.
 */
export async function discoverModels(target: ProviderTarget): Promise<ModelDiscovery> {
  const answer = await askModels(target);
  if (answer.kind === "failed") return { kind: "failed", failure: answer.failure };
  return { kind: "found", models: answer.models, isComplete: answer.isComplete };
}
