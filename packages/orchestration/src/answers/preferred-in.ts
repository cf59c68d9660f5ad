import { numberOfWord, numberPattern } from "./number-words.ts";

const label = "(?:the )?(?:(?:answer|response|candidate|option|number) ?)?#?";
const a = `${label}\\b(${numberPattern})\\b`;
const better =
  "(?:is|was|seems|looks) (?:(?:much|far|slightly|clearly|a bit) )?(?:better|stronger|clearer|more \\w+) than";
const worse =
  "(?:is|was|seems|looks) (?:(?:much|far|slightly|clearly|a bit) )?(?:worse|weaker|less \\w+) than";

const sayings: readonly { readonly pattern: RegExp; readonly isFirstBetter: boolean }[] = [
  { pattern: new RegExp(`${a} ${better} ${a}`, "gi"), isFirstBetter: true },
  { pattern: new RegExp(`${a} (?:beats|outperforms|surpasses|over|>) ${a}`, "gi"), isFirstBetter: true },
  { pattern: new RegExp(`prefer ${a} (?:over|to) ${a}`, "gi"), isFirstBetter: true },
  { pattern: new RegExp(`${a} (?:${worse}|loses to|<) ${a}`, "gi"), isFirstBetter: false },
];

/** The one number that comparisons like `1 is better than 3` prefer: better than another, and none better than it. Else null. */
export function preferredIn(text: string): number | null {
  const winners = new Set<number>();
  const losers = new Set<number>();
  for (const { pattern, isFirstBetter } of sayings) {
    for (const match of text.matchAll(pattern)) {
      const first = numberOfWord(match[1] ?? "");
      const second = numberOfWord(match[2] ?? "");
      if (first === null || second === null) continue;
      winners.add(isFirstBetter ? first : second);
      losers.add(isFirstBetter ? second : first);
    }
  }
  const undefeated = [...winners].filter((number) => !losers.has(number));
  return undefeated.length === 1 ? (undefeated[0] ?? null) : null;
}
