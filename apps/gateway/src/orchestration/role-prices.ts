import type { CatalogueModel, Price } from "@tokenhub/contracts";

/** What a role's tokens cost at most: the highest price of each direction among the models it may be given. */
export interface RolePrice {
  readonly price: Price;
  /** False: some of these models have no known price, which counts nothing here. */
  readonly isKnown: boolean;
}

export function dearestPrice(models: readonly CatalogueModel[]): RolePrice {
  const prices = models.flatMap(({ price }) => (price === null ? [] : [price]));
  return {
    price: {
      inputPer1kUsd: Math.max(0, ...prices.map(({ inputPer1kUsd }) => inputPer1kUsd)),
      outputPer1kUsd: Math.max(0, ...prices.map(({ outputPer1kUsd }) => outputPer1kUsd)),
    },
    isKnown: prices.length === models.length,
  };
}
