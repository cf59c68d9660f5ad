import { jsonObjectsIn } from "./json-in-text.ts";
import { preferredIn } from "./preferred-in.ts";
import { withoutFence } from "./text-sections.ts";
import { numberOfWord, numberPattern } from "./number-words.ts";

/** What a judge decided. */
export interface JudgeVerdict {
  /** Counted from 0; the judge counts from 1. */
  readonly winner: number;
  /** The judge's own words; null when it gave none. */
  readonly reason: string | null;
}

/**
 * Reads which of `count` answers (numbered from 1) a judge picked, in this order of trust:
 *
 *     {"winner": 2, "reason": "..."}     JSON, fenced or among words, also when it was cut off behind the number
 *     Winner: 2 · The best is answer 2   a number that is said to be the winner; the last one where there are several
 *     1 is better than 3 · 2 beats 1     the one answer that nothing is said to be better than
 *     2 · Answer two · #2                a number alone, on the first or the last line
 *     2 and 3 are equal, none is better  a tie: the lowest that is named, else the first answer
 *
 * Null when it says none of these, or names an answer that does not exist.
 */
export function readJudgeVerdict(text: string, count: number): JudgeVerdict | null {
  const plain = withoutFence(text).trim();
  const json = readJson(plain);
  if (json !== null) return verdictOf(json.winner, { count, reason: json.reason });
  const prose = plain.replaceAll(/[*_`]/g, "");
  const reason = prose === "" ? null : prose;
  const named = namedWinner(prose);
  if (named !== null) return verdictOf(named, { count, reason: reasonIn(prose) ?? reason });
  const preferred = preferredIn(prose);
  if (preferred !== null) return verdictOf(preferred, { count, reason });
  const alone = numberAlone(prose);
  if (alone !== null) return verdictOf(alone.number, { count, reason: alone.rest });
  return isTie(prose) ? verdictOf(lowestIn(prose) ?? 1, { count, reason }) : null;
}

function verdictOf(
  winner: number | null,
  { count, reason }: { readonly count: number; readonly reason: string | null },
): JudgeVerdict | null {
  if (winner === null || !Number.isInteger(winner) || winner < 1 || winner > count) return null;
  return { winner: winner - 1, reason };
}

const winnerKeys = ["winner", "selected", "choice", "best", "best_answer", "answer", "verdict"] as const;
const reasonKeys = ["reason", "reasoning", "explanation", "rationale", "why"] as const;

/** `winner` is null when there is one that is no number of an answer. */
function readJson(text: string): { winner: number | null; reason: string | null } | null {
  for (const object of jsonObjectsIn(text).toReversed()) {
    const key = winnerKeys.find((candidate) => Object.hasOwn(object, candidate));
    if (key === undefined) continue;
    const reason = reasonKeys
      .map((candidate) => object[candidate])
      .find((value) => typeof value === "string");
    return { winner: winnerOf(object[key]), reason: typeof reason === "string" ? reason.trim() : null };
  }
  const cut = /\{\s*"winner"\s*:\s*"?(\d{1,3})"?\s*(?:,\s*"reason"\s*:\s*"([^"]*))?/.exec(text);
  return cut === null ? null : { winner: Number(cut[1]), reason: cut[2]?.trim() || null };
}

/** A number, its text or word, a list of tied ones, or a word for a tie. */
function winnerOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (Array.isArray(value)) {
    const tied = value.map(winnerOf).filter((winner) => winner !== null);
    return tied.length === 0 ? null : Math.min(...tied);
  }
  if (value === null) return 1;
  if (typeof value !== "string") return null;
  const alone = new RegExp(`^\\W*(?:${labels}\\W{0,3})?(${numberPattern})\\W*$`, "i").exec(value);
  if (alone !== null) return numberOfWord(alone[1] ?? "");
  return isTie(value) || /^\W*none\W*$/i.test(value) ? (lowestIn(value) ?? 1) : null;
}

const labels = "(?:answer|response|candidate|option|entry|number|no\\.?)";
/** A number that is not part of another (`1.5`, `-1`, `12th`) nor a count of things. */
const pick = `(?:the )?(?:${labels} {0,2})?(?:#|\\(|\\[)? ?(${numberPattern})(?![\\w-]|[.,]\\d)`;

const winnerSayings: readonly RegExp[] = [
  new RegExp(
    `\\b(?:winner|winning answer|best answer|best response|best one|best)(?: is| was|'s)? ?(?:[:=]|->|→|-(?= ))? ?${pick}`,
    "gi",
  ),
  // Words that also name the answers themselves ("choice 2") need a sign that they are decided about.
  new RegExp(
    `\\b(?:choice|pick|selection|selected|verdict|decision|chosen)(?: answer)? ?(?:[:=]|->|→|-(?= )|is|was) ?${pick}`,
    "gi",
  ),
  new RegExp(
    `\\bi(?: would|'d)? (?:pick|choose|chose|select|selected|vote for|go with|favou?r) ${pick}`,
    "gi",
  ),
  new RegExp(
    `\\b${labels} ?#?(${numberPattern}) (?:is|was) (?:clearly |overall |by far )?(?:the )?(?:best|winner|strongest)\\b`,
    "gi",
  ),
  new RegExp(`\\b${labels} ?#?(${numberPattern}) wins\\b`, "gi"),
  new RegExp(
    `(?:^|[\\n.] ?)(${numberPattern}) (?:wins|is (?:clearly |overall |by far )?the (?:best|winner|strongest))\\b`,
    "gi",
  ),
];

/** The number said to be the winner; the last one that is said, which is the conclusion. */
function namedWinner(text: string): number | null {
  let last: { at: number; number: number | null } | null = null;
  for (const saying of winnerSayings) {
    for (const match of text.matchAll(saying)) {
      if (last === null || match.index > last.at)
        last = { at: match.index, number: numberOfWord(match[1] ?? "") };
    }
  }
  return last?.number ?? null;
}

function reasonIn(text: string): string | null {
  return (
    /^\s*(?:reason|reasoning|explanation|rationale|why)\s?[:-]\s?(.+)/ims.exec(text)?.[1]?.trim() ?? null
  );
}

function numberAlone(text: string): { number: number; rest: string | null } | null {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const alone = new RegExp(
    `^\\W{0,3}(?:the )?(?:${labels} ?)?#?(${numberPattern})(?: one| answer| response)?\\W{0,3}$`,
    "i",
  );
  for (const index of new Set([0, lines.length - 1])) {
    const line = lines[index] ?? "";
    const match = /^-\d/.test(line) ? null : alone.exec(line);
    if (match === null) continue;
    const number = numberOfWord(match[1] ?? "");
    const rest = lines.filter((_, at) => at !== index).join("\n");
    if (number !== null) return { number, rest: rest === "" ? null : (reasonIn(rest) ?? rest) };
  }
  return null;
}

const tie =
  /^\W*tie\b|\b(?:a tie|a draw|tied|equally|are (?:all )?(?:equal|the same)|(?:none|neither)(?: of them)? is better)\b/i;

function isTie(text: string): boolean {
  return tie.test(text);
}

function lowestIn(text: string): number | null {
  const numbers = [...text.matchAll(/\b\d{1,3}\b/g)]
    .map(([digits]) => Number(digits))
    .filter((number) => number > 0);
  return numbers.length === 0 ? null : Math.min(...numbers);
}
