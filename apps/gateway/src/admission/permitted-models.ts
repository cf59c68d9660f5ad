import { TokenHubError } from "@tokenhub/contracts";
import { resolveTarget, type CatalogueIndex } from "@tokenhub/routing";

/** Which models a key's list lets routing choose from. */
export interface PermittedModels {
  /**
   * Ids of the models on the list, and of those that an alias on it stands for; null: all.
   * @throws TokenHubError `model_not_allowed` when the request names something that is not on the list.
   */
  forRequest(allowedModels: readonly string[] | null, requestedModel: string | null): string[] | null;
}

export function createPermittedModels(index: () => CatalogueIndex): PermittedModels {
  /** Keys share their lists, so one expansion per list and catalogue serves them all. */
  const expansions = new WeakMap<readonly string[], { index: CatalogueIndex; ids: string[] }>();

  function expand(list: readonly string[], current: CatalogueIndex): string[] {
    const known = expansions.get(list);
    if (known?.index === current) return known.ids;
    const ids = new Set<string>();
    for (const name of list) {
      const alias = current.entryById.has(name) ? undefined : current.aliases.get(name);
      if (alias === undefined) ids.add(name);
      else for (const { model } of alias.entries) ids.add(model.id);
    }
    const expansion = { index: current, ids: [...ids] };
    expansions.set(list, expansion);
    return expansion.ids;
  }

  return {
    forRequest(allowedModels, requestedModel) {
      if (allowedModels === null) return null;
      const current = index();
      if (!isOnList(allowedModels, resolveName(current, requestedModel)))
        throw new TokenHubError(
          "model_not_allowed",
          "This API key may not use the model it names. GET /v1/models lists those it may use.",
          { param: "model" },
        );
      return expand(allowedModels, current);
    },
  };
}

/** The id of what a request names, as lists name it; null when the server picks. */
function resolveName(index: CatalogueIndex, requestedModel: string | null): string | null {
  const target = resolveTarget(index, requestedModel);
  switch (target.kind) {
    case "any":
      return null;
    case "model":
      return target.entry.model.id;
    case "alias":
      return target.alias.id;
    case "unknown":
      return target.name;
  }
}

function isOnList(list: readonly string[], name: string | null): boolean {
  return name === null || list.includes(name);
}
