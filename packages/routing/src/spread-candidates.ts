import type { RoutingSpread } from "@tokenhub/contracts";

interface Candidate {
  readonly modelId: string;
  readonly providerId: string;
}

export interface SpreadWish extends RoutingSpread {
  /** How many of these calls there are, as far as it is known; at least `rank + 1`. */
  readonly ranks: number;
  /** True when the first choice of this call has failed and is no longer among the candidates. */
  readonly isReplacement: boolean;
}

/**
 * A new order for candidates that are ordered best first, as positions in that order, for one of several calls that are to
 * differ from each other. Nobody is added or left out.
 *
 * 1. All candidates are put in line: those to be avoided come later (first those of a provider to be avoided, then the models
 *    themselves), and among the others the next one is of the provider that the line has used least, not of the one before it
 *    where there is a choice, and the best of those.
 * 2. The call takes the `rank`-th of the line, counted from 0 and round again past its end. With n candidates, n calls of
 *    ranks 0 to n - 1 thus take n of them.
 * 3. Its fallbacks are those of the line that no rank begins with, each rank from another place on (but those to be avoided
 *    behind the others), then the first choices of the other ranks.
 *
 * For models `p1 q1 p2 p3 q2` of providers `p` and `q`, the best first, the line is `p1 q1 p2 q2 p3`; when it is known that
 * there are three calls:
 *
 *     rank 0    p1   then q2 p3   q1 p2
 *     rank 1    q1   then p3 q2   p2 p1
 *     rank 2    p2   then q2 p3   p1 q1
 */
export function spreadCandidates(candidates: readonly Candidate[], wish: SpreadWish): number[] {
  const lateness = latenessOf(candidates, wish);
  const line = lineUp(candidates, lateness);
  const others = wish.isReplacement ? wish.ranks - 1 : wish.ranks;
  const free = line.slice(others);
  // By lateness, so that nobody to be avoided comes before another of them.
  const freeFirst = latenesses.flatMap((late) =>
    turned(
      free.filter((position) => lateness[position] === late),
      wish.rank,
    ),
  );
  if (wish.isReplacement && free.length > 0) return [...freeFirst, ...line.slice(0, others)];
  const [first, ...after] = turned(line, wish.rank);
  if (first === undefined) return [];
  const isFree = new Set(free);
  return [first, ...freeFirst, ...after.filter((position) => !isFree.has(position))];
}

/** The list as a circle, read from the `start`-th on. */
function turned(list: readonly number[], start: number): number[] {
  const at = list.length === 0 ? 0 : start % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** Nothing to be avoided, its provider, the model, both. */
const latenesses = [0, 1, 2, 3];

/** One of `latenesses` for each candidate. */
function latenessOf(
  candidates: readonly Candidate[],
  { avoidModelIds, avoidProviderIds }: RoutingSpread,
): number[] {
  const avoidedModels = new Set(avoidModelIds);
  const avoidedProviders = new Set(avoidProviderIds);
  return candidates.map(
    ({ modelId, providerId }) =>
      (avoidedModels.has(modelId) ? 2 : 0) + (avoidedProviders.has(providerId) ? 1 : 0),
  );
}

/** In time proportional to the number of candidates. */
function lineUp(candidates: readonly Candidate[], lateness: readonly number[]): number[] {
  const groups: number[][] = latenesses.map(() => []);
  for (const [position, late] of lateness.entries()) groups[late]?.push(position);
  const providerAt = (position: number | undefined): string | undefined =>
    candidates[position ?? -1]?.providerId;
  const line: number[] = [];
  const uses = new Map<string, number>();
  for (const group of groups) {
    for (const turn of turnsOf(group, { uses, providerAt })) {
      const [first, second, ...others] = turn;
      const repeats = providerAt(first) === providerAt(line.at(-1));
      if (repeats && first !== undefined && second !== undefined) line.push(second, first, ...others);
      else line.push(...turn);
    }
  }
  return line;
}

/** A group by how often the provider of each was used before it: in each turn a provider comes once at most. */
function turnsOf(
  group: readonly number[],
  { uses, providerAt }: { uses: Map<string, number>; providerAt: (position: number) => string | undefined },
): number[][] {
  const turns: number[][] = [];
  for (const position of group) {
    const providerId = providerAt(position) ?? "";
    const used = uses.get(providerId) ?? 0;
    uses.set(providerId, used + 1);
    while (turns.length <= used) turns.push([]);
    turns[used]?.push(position);
  }
  return turns;
}
