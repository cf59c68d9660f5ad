import type { CatalogueEntry, CatalogueIndex } from "./catalogue-index.ts";
import type { IndexedAlias } from "./index-aliases.ts";
import { describeUnknownModel } from "./unknown-model.ts";

/** Whom a request's `model` names. */
export type RoutingTarget =
  | { readonly kind: "any" }
  | { readonly kind: "model"; readonly entry: CatalogueEntry }
  | { readonly kind: "alias"; readonly alias: IndexedAlias }
  /** `message` suggests close matches; it is header-safe. */
  | { readonly kind: "unknown"; readonly name: string; readonly message: string };

/**
 * Resolves the model name of a request, in this order:
 *
 * 1. none, or only blanks: the server picks;
 * 2. the exact id of a model (ids may contain `/`);
 * 3. an enabled alias (one called `*` or `auto` thus replaces the open choice of requests that say so);
 * 4. `*` or `auto`: the server picks;
 * 5. `provider/model`: that model, when it belongs to that provider;
 * 6. the end of exactly one model's id, after a `/`: `Llama-2-70b` for `meta-llama/Llama-2-70b`;
 * 7. anything else is unknown.
 */
export function resolveTarget(index: CatalogueIndex, requestedModel: string | null): RoutingTarget {
  const name = requestedModel?.trim() ?? "";
  if (name === "") return { kind: "any" };
  const exact = index.entryById.get(name);
  if (exact !== undefined) return { kind: "model", entry: exact };
  const alias = index.aliases.get(name);
  if (alias !== undefined) return { kind: "alias", alias };
  if (name === "*" || name === "auto") return { kind: "any" };
  const entry = ofProvider(index, name) ?? index.entryBySuffix.get(name);
  return entry
    ? { kind: "model", entry }
    : { kind: "unknown", name, message: describeUnknownModel(index, name) };
}

function ofProvider(index: CatalogueIndex, name: string): CatalogueEntry | null {
  const slash = name.indexOf("/");
  if (slash <= 0) return null;
  const entry = index.entryById.get(name.slice(slash + 1));
  return entry?.model.providerId === name.slice(0, slash) ? entry : null;
}
