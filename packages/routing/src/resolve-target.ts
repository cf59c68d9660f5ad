import type { CatalogueEntry, CatalogueIndex } from "./catalogue-index.ts";
import { describeUnknownModel } from "./unknown-model.ts";

/** Whom a request's `model` names. */
export type RoutingTarget =
  | { readonly kind: "any" }
  | { readonly kind: "model"; readonly entry: CatalogueEntry }
  | { readonly kind: "alias"; readonly id: string; readonly entries: readonly CatalogueEntry[] }
  /** `message` suggests close matches; it is header-safe. */
  | { readonly kind: "unknown"; readonly name: string; readonly message: string };

/**
 * Resolves the model name of a request, in this order:
 *
 * 1. none, or only blanks: the server picks;
 * 2. the exact id of a model (ids may contain `/`);
 * 3. an alias (one called `*` or `auto` thus replaces the open choice);
 * 4. `*` or `auto`: the server picks;
 * 5. `provider/model`: that model, when it belongs to that provider;
 * 6. anything else is unknown.
 */
export function resolveTarget(index: CatalogueIndex, requestedModel: string | null): RoutingTarget {
  const name = requestedModel?.trim() ?? "";
  if (name === "") return { kind: "any" };
  const exact = index.entryById.get(name);
  if (exact !== undefined) return { kind: "model", entry: exact };
  const entries = index.aliases.get(name);
  if (entries !== undefined) return { kind: "alias", id: name, entries };
  if (name === "*" || name === "auto") return { kind: "any" };
  const slash = name.indexOf("/");
  const prefixed = slash > 0 ? index.entryById.get(name.slice(slash + 1)) : undefined;
  if (prefixed?.model.providerId === name.slice(0, Math.max(0, slash))) {
    return { kind: "model", entry: prefixed };
  }
  return { kind: "unknown", name, message: describeUnknownModel(index, name) };
}
