import type { CatalogueEntry } from "./catalogue-index.ts";
import type { Scene, Screening } from "./screen-models.ts";
import { sortPositions } from "./sort-positions.ts";
import type { SelectionStrategy } from "./strategies/selection-strategy.ts";
import { verdict } from "./verdict.ts";

export interface OrderInput {
  readonly scores: Float64Array;
  readonly strategy: SelectionStrategy;
  readonly scene: Scene;
  /** Input and output limit together. */
  readonly estimatedTokens: number;
}

/**
 * Order in which candidates are tried, as positions in `screening.candidates`: by score, ties by higher weight and then by
 * id. On top of the score:
 *
 * - the favourite (a named model, the variant an alias drew) comes first;
 * - models whose provider is due for a trial call come last, unless the caller named them;
 * - under a strategy with `higher_tier_first`, those that are heavier or have a larger context than the one that failed (or
 *   would have failed: the first) come before the others; not in the first round of a request that is to differ from others,
 *   for which all of them may be first choices;
 * - after a context overflow the smallest context that is at least twice the estimate (input plus output limit) comes
 *   first, then the larger ones; models below that follow, largest first. A favourite has no precedence then.
 */
export function orderCandidates(screening: Screening, input: OrderInput): Int32Array {
  const { scene, strategy } = input;
  const byScore = sortPositions(strategy.lowerIsBetter ? input.scores : negated(input.scores));
  if (scene.exclusions !== null && scene.exclusions.overflowedTokens !== null) {
    const keys = escalationKeys(screening.candidates, input.estimatedTokens * 2);
    return trialsLast(sortPositions(keys, byScore), { screening, favourite: null, trialsGiveWay: true });
  }
  const trialsGiveWay = scene.target.kind !== "model";
  const order = trialsLast(byScore, { screening, favourite: scene.favourite, trialsGiveWay });
  if (strategy.afterFailure === "higher_tier_first" && (scene.spread === null || scene.exclusions !== null)) {
    higherTierFirst(order, { screening, failed: scene.exclusions?.first ?? null });
  }
  return order;
}

/** Puts the candidate of one rank first; the others keep their order. */
export function moveToFront(order: Int32Array, rank: number): void {
  const position = order[rank] ?? 0;
  order.copyWithin(1, 0, rank);
  order[0] = position;
}

function negated(scores: Float64Array): Float64Array {
  const keys = new Float64Array(scores.length);
  let position = 0;
  for (const score of scores) keys[position++] = -score;
  return keys;
}

const largestContext = 2 ** 51;

/** Ascending for contexts that are comfortable, then descending for shorter ones: `2^53 - context` is above every context. */
function escalationKeys(candidates: readonly CatalogueEntry[], comfortableTokens: number): Float64Array {
  const keys = new Float64Array(candidates.length);
  let position = 0;
  for (const entry of candidates) {
    const context = Math.min(entry.contextTokens, largestContext);
    keys[position++] = entry.contextTokens >= comfortableTokens ? context : 2 ** 53 - context;
  }
  return keys;
}

/** The same order with the favourite at the front and the trial calls, even of a favourite that was drawn, at the end. */
function trialsLast(
  order: Int32Array,
  {
    screening,
    favourite,
    trialsGiveWay,
  }: { screening: Screening; favourite: CatalogueEntry | null; trialsGiveWay: boolean },
): Int32Array {
  if (favourite === null && screening.counts[verdict.trial] === 0) return order;
  const front: number[] = [];
  const middle: number[] = [];
  const end: number[] = [];
  for (const position of order) {
    const entry = screening.candidates[position];
    if (entry === undefined) continue;
    const isTrial = screening.verdicts[entry.ordinal] === verdict.trial;
    if (entry === favourite && !(isTrial && trialsGiveWay)) front.push(position);
    else if (isTrial) end.push(position);
    else middle.push(position);
  }
  order.set(front);
  order.set(middle, front.length);
  order.set(end, front.length + middle.length);
  return order;
}

/** Within the candidates that are not trials, those of a higher tier than `failed`, or than the first when none has failed. */
function higherTierFirst(
  order: Int32Array,
  { screening, failed }: { screening: Screening; failed: CatalogueEntry | null },
): void {
  const first = failed === null ? 1 : 0;
  const reference = failed ?? screening.candidates[order[0] ?? -1];
  if (reference === undefined) return;
  const higher: number[] = [];
  const others: number[] = [];
  let end = first;
  for (; end < order.length; end++) {
    const position = order[end] ?? -1;
    const entry = screening.candidates[position];
    if (entry === undefined || screening.verdicts[entry.ordinal] === verdict.trial) break;
    const isHigher = entry.weight > reference.weight || entry.contextTokens > reference.contextTokens;
    (isHigher ? higher : others).push(position);
  }
  order.set(higher, first);
  order.set(others, first + higher.length);
}
