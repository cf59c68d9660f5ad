export interface Turn {
  /** Position of the one whose turn it is; -1 when there is none. */
  readonly position: number;
  /** What to give to the next call. */
  readonly credits: readonly number[];
}

/**
 * Takes turns by weight without runs: everyone earns their weight, the richest goes and pays the sum of all weights. Equal
 * weights alternate, 3:1 goes `a a b a`. Over any stretch each has had its share, give or take one turn.
 * @param credits what the turn before returned; empty at the start.
 */
export function nextTurn(credits: readonly number[], weights: readonly number[]): Turn {
  const earned = weights.map((weight, position) => (credits[position] ?? 0) + weight);
  let position = -1;
  for (const [at, credit] of earned.entries()) if (credit > (earned[position] ?? -Infinity)) position = at;
  if (position >= 0)
    earned[position] = (earned[position] ?? 0) - weights.reduce((sum, weight) => sum + weight, 0);
  return { position, credits: earned };
}
