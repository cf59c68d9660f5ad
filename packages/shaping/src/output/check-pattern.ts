import { isDelimitedLoop, isDeterministicLoop } from "./loop-borders.ts";
import { parsePattern, type PatternItem, type PatternSequence } from "./parse-pattern.ts";

/** Longest regular expression a schema may hold. */
const patternLengthMax = 512;

/** In how many ways one stretch of text may be divided among bounded repetitions inside a bounded one. */
const waysMax = 100_000;

/**
 * Why a regular expression is not used, as a predicate; null when it is. Refused are long ones, those that do not compile, and
 * those that repeat a repetition so that one text can be divided among the two in very many ways, as `(a+)+` does: matching
 * those can take exponential time. Repetitions whose borders the text decides pass, as in `[a-z]+(-[a-z]+)*`, and bounded ones
 * with few ways, as in `(\d{1,3}\.){3}`. Slow ones of another kind (`(a|a)*`, `a*a*a*b`) are left to the validator's time limit.
 */
export function checkPattern(source: string): string | null {
  if (source.length > patternLengthMax) return `is longer than ${patternLengthMax} characters`;
  try {
    void new RegExp(source, "u");
  } catch {
    // The engine's message would repeat the expression.
    return "is not a valid regular expression";
  }
  return parsePattern(source).every(isSequenceSafe)
    ? null
    : "repeats a repetition, which can take exponential time; give the inner one a fixed length or a separator";
}

function isSequenceSafe(sequence: PatternSequence): boolean {
  return sequence.every(isItemSafe);
}

function isItemSafe({ atom, max }: PatternItem): boolean {
  if (atom.kind !== "group") return true;
  const { alternatives } = atom;
  if (!alternatives.every(isSequenceSafe)) return false;
  const ways = waysOfAlternatives(alternatives);
  if (max < 2 || ways === 1 || ways ** max <= waysMax) return true;
  return isDeterministicLoop(alternatives) || isDelimitedLoop(alternatives);
}

/** In how many ways the same text can be divided among the repetitions of the alternative that has the most; at least 1. */
function waysOfAlternatives(alternatives: readonly PatternSequence[]): number {
  return Math.max(
    ...alternatives.map((sequence) => sequence.reduce((ways, item) => ways * waysOfItem(item), 1)),
  );
}

function waysOfItem({ atom, min, max }: PatternItem): number {
  if (atom.kind === "group" && atom.isLookaround) return 1;
  const inner = atom.kind === "group" ? waysOfAlternatives(atom.alternatives) : 1;
  // An inner 1 to the power of infinity is not a number.
  return (max - min + 1) * (inner === 1 ? 1 : inner ** max);
}
