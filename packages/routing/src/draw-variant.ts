import { hashText } from "./hash-text.ts";
import type { IndexedAlias, IndexedVariant } from "./index-aliases.ts";

/**
 * The variant that a key belongs to: the same one every time, and over many keys each in proportion to its weight. Null for
 * an alias without variants.
 *
 * Each variant runs a race with its own random time, `-ln(u) / weight`, where `u` is a hash of key and model; the shortest
 * time wins. The order of the variants therefore plays no part, and a change of one weight moves only the keys that it must:
 * raising a canary from 5 to 10 keeps its first 5 in it.
 */
export function drawVariant(alias: IndexedAlias, key: string): IndexedVariant | null {
  const seed = hashText(`${alias.id}\n${key}`);
  let winner: IndexedVariant | null = null;
  let shortest = Infinity;
  for (const variant of alias.variants) {
    const uniform = (hashText(variant.entry.model.id, seed) + 0.5) / 2 ** 32;
    const time = -Math.log(uniform) / variant.weight;
    if (time < shortest) {
      shortest = time;
      winner = variant;
    }
  }
  return winner;
}
