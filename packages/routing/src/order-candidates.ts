import type { CatalogueEntry } from "./catalogue-index.ts";
import type { Scene, Screening } from "./screen-models.ts";
import { sortPositions } from "./sort-positions.ts";
import { verdict } from "./verdict.ts";

/**
 * Order in which candidates are tried, as positions in `screening.candidates`: by score, ties by higher weight and then by
 * id. On top of the score:
 *
 * - a model the caller named comes first;
 * - models whose provider is due for a trial call come last;
 * - after a context overflow the smallest context that is at least twice the estimate (input plus output limit) comes
 *   first, then the larger ones; models below that follow, largest first. A named model has no precedence then.
 */
export function orderCandidates(
  screening: Screening,
  ranking: { scores: Float64Array; lowerIsBetter: boolean; scene: Scene; estimatedTokens: number },
): Int32Array {
  const { scene } = ranking;
  const byScore = sortPositions(ranking.lowerIsBetter ? ranking.scores : negated(ranking.scores));
  if (scene.exclusions !== null && scene.exclusions.overflowedTokens !== null) {
    const keys = escalationKeys(screening.candidates, ranking.estimatedTokens * 2);
    return trialsLast(sortPositions(keys, byScore), { screening, first: null });
  }
  const first = scene.target.kind === "model" ? scene.target.entry : null;
  return trialsLast(byScore, { screening, first });
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

/** The same order with `first` at the front and the trial calls at the end. */
function trialsLast(
  order: Int32Array,
  { screening, first }: { screening: Screening; first: CatalogueEntry | null },
): Int32Array {
  if (first === null && screening.counts[verdict.trial] === 0) return order;
  const front: number[] = [];
  const middle: number[] = [];
  const end: number[] = [];
  for (const position of order) {
    const entry = screening.candidates[position];
    if (entry === undefined) continue;
    if (entry === first) front.push(position);
    else if (screening.verdicts[entry.ordinal] === verdict.trial) end.push(position);
    else middle.push(position);
  }
  order.set(front);
  order.set(middle, front.length);
  order.set(end, front.length + middle.length);
  return order;
}
