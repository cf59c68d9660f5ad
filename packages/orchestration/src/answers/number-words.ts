const words: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  first: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
  sixth: 6,
  seventh: 7,
  eighth: 8,
  ninth: 9,
  tenth: 10,
};

/** "The one that ..." and "one of them" name no number. */
const one = "(?<!\\bthe )one(?! of\\b)";

/** Source of a pattern for a number up to 999 in digits, or up to ten in words. */
export const numberPattern = ["\\d{1,3}", ...Object.keys(words)]
  .map((word) => (word === "one" ? one : word))
  .join("|");

/** The number that a match of {@link numberPattern} stands for. */
export function numberOfWord(text: string): number | null {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  return words[text.toLowerCase()] ?? null;
}
