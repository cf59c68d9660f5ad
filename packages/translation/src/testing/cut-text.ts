/** The text in pieces, cut at the given places (taken modulo the length). */
export function cutText(text: string, places: readonly number[]): string[] {
  const cuts = places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b);
  return [0, ...cuts].map((cut, position) => text.slice(cut, cuts[position] ?? text.length));
}
