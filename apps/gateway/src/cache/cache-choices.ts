import { resolveTarget, type CatalogueIndex } from "@tokenhub/routing";
import type { ModelEntry } from "@tokenhub/persistence";
import type { KeyLookup } from "../access/key-index.ts";
import type { Submission } from "../sync/submit-request.ts";
import type { CacheSetting } from "./cache-wish.ts";

/** What administrators and the configuration have said about keeping the answers to a request. */
export interface CacheChoices {
  /** What is said for the key; null: nothing, or there is no key. */
  ofKey(submission: Pick<Submission, "keyId">): CacheSetting;
  /** What is said of the one model that may answer; null: nothing, or several may. */
  ofModel(submission: { readonly features: Pick<Submission["features"], "requestedModel"> }): CacheSetting;
}

/** Reads both from what this gateway has in memory. */
export function createCacheChoices({
  keys,
  index,
}: {
  readonly keys: Pick<KeyLookup, "key">;
  readonly index: () => CatalogueIndex;
}): CacheChoices {
  return {
    ofKey: ({ keyId }) => (keyId === null ? null : (keys.key(keyId)?.cache ?? null)),
    ofModel: ({ features }) => onlyModel(index(), features.requestedModel)?.cache ?? null,
  };
}

/** The model that a request names, or that the alias it names stands for alone. */
function onlyModel(index: CatalogueIndex, requestedModel: string | null): ModelEntry | null {
  const target = resolveTarget(index, requestedModel);
  if (target.kind === "model") return target.entry.model;
  if (target.kind !== "alias" || target.alias.entries.length !== 1) return null;
  return target.alias.entries[0]?.model ?? null;
}
