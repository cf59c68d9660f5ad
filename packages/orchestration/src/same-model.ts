import type { ModelWish } from "@tokenhub/contracts";

/**
 * The wish for the model that answered before. Another one may step in unless the caller insisted on the name given, which
 * is then named again: it may be an alias with several models behind it.
 */
export function sameModel(wish: ModelWish, modelId: string): ModelWish {
  if (wish.modelId !== null && !wish.allowFallback) return wish;
  return { ...wish, modelId, allowFallback: true };
}
