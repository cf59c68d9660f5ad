import type { CatalogueModel } from "@tokenhub/contracts";
import type { CacheChoice } from "../cache-choice.ts";

/** A model of the catalogue with what only gateways need to know of it. */
export type ModelEntry = CatalogueModel & {
  /** Null and absent: nothing is said about keeping answers. */
  readonly cache?: CacheChoice | null | undefined;
};
