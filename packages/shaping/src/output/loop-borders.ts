import { characterSet, mayShareCharacter, type CharacterSet } from "./character-set.ts";
import type { PatternItem, PatternSequence } from "./parse-pattern.ts";

/** More single-character sets in one loop are not looked at: their pairs are compared. */
const positionsMax = 64;

/** One set of an expression at its place, and the places that can follow it, once for every way there. */
interface Position {
  readonly characters: CharacterSet;
  readonly next: Position[];
}

interface Borders {
  readonly isNullable: boolean;
  readonly first: readonly Position[];
  readonly last: readonly Position[];
}

const nothing: Borders = { isNullable: true, first: [], last: [] };

/**
 * Whether in a group that repeats the next character alone always decides where matching goes on, so that no text can be
 * divided in two ways: the "one-unambiguous" expressions of Brüggemann-Klein and Wood, with a way that exists twice (as the
 * inner and the outer repetition of `(a+)+`) counted twice. False for groups it cannot judge.
 */
export function isDeterministicLoop(alternatives: readonly PatternSequence[]): boolean {
  const positions: Position[] = [];
  const borders = bordersOfAlternatives(alternatives, positions);
  if (borders === null || positions.length > positionsMax) return false;
  connect(borders.last, borders.first);
  return positions.every(({ next }) => areDisjoint(next));
}

function areDisjoint(positions: readonly Position[]): boolean {
  return positions.every((left, at) =>
    positions.slice(at + 1).every((right) => !mayShareCharacter(left.characters, right.characters)),
  );
}

function connect(last: readonly Position[], first: readonly Position[]): void {
  for (const { next } of last) next.push(...first);
}

function bordersOfAlternatives(
  alternatives: readonly PatternSequence[],
  positions: Position[],
): Borders | null {
  const all = alternatives.map((sequence) => bordersOfSequence(sequence, positions));
  const known = all.filter((borders) => borders !== null);
  if (known.length < all.length) return null;
  return {
    isNullable: known.some(({ isNullable }) => isNullable),
    first: known.flatMap(({ first }) => first),
    last: known.flatMap(({ last }) => last),
  };
}

function bordersOfSequence(sequence: PatternSequence, positions: Position[]): Borders | null {
  let whole: Borders = nothing;
  for (const item of sequence) {
    const borders = bordersOfItem(item, positions);
    if (borders === null) return null;
    connect(whole.last, borders.first);
    whole = {
      isNullable: whole.isNullable && borders.isNullable,
      first: whole.isNullable ? [...whole.first, ...borders.first] : whole.first,
      last: borders.isNullable ? [...whole.last, ...borders.last] : borders.last,
    };
  }
  return whole;
}

function bordersOfItem({ atom, min, max }: PatternItem, positions: Position[]): Borders | null {
  if (max === 0 || atom.kind === "assertion") return nothing;
  if (atom.kind === "backreference" || positions.length > positionsMax) return null;
  if (atom.kind === "group" && atom.isLookaround) return nothing;
  const once =
    atom.kind === "set"
      ? bordersOfSet(atom.source, positions)
      : bordersOfAlternatives(atom.alternatives, positions);
  if (once === null) return null;
  // A turn that must be taken may be an empty one or not: two ways to the same text.
  if (once.isNullable && min > 0 && max > 1) return null;
  if (max > 1) connect(once.last, once.first);
  return { ...once, isNullable: once.isNullable || min === 0 };
}

function bordersOfSet(source: string, positions: Position[]): Borders {
  const position: Position = { characters: characterSet(source), next: [] };
  positions.push(position);
  return { isNullable: false, first: [position], last: [position] };
}

/**
 * Whether each turn of a repeated group starts or ends with a character that stands nowhere else in it, so that the text
 * decides where turns begin, and the length of a turn decides how its parts divide it.
 */
export function isDelimitedLoop([sequence, ...others]: readonly PatternSequence[]): boolean {
  if (sequence === undefined || others.length > 0 || !hasCertainDivision(sequence)) return false;
  const sets = setsOf(sequence).map(characterSet);
  if (sets.length > positionsMax) return false;
  return [sequence[0], sequence.at(-1)].some((item) => {
    if (item?.atom.kind !== "set" || item.min !== 1 || item.max !== 1) return false;
    const delimiter = characterSet(item.atom.source);
    return sets.filter((set) => mayShareCharacter(set, delimiter)).length === 1;
  });
}

function setsOf(sequence: PatternSequence): string[] {
  return sequence.flatMap(({ atom }) => {
    if (atom.kind === "set") return [atom.source];
    return atom.kind === "group" ? atom.alternatives.flatMap(setsOf) : [];
  });
}

/** Whether only one part varies in length, and inside it only one again, so that a length can be made up in one way only. */
function hasCertainDivision(sequence: PatternSequence): boolean {
  const [item, ...others] = sequence.filter(isVariable);
  if (item === undefined || item.atom.kind !== "group") return others.length === 0;
  const [body, ...alternatives] = item.atom.alternatives;
  if (body === undefined || others.length > 0 || alternatives.length > 0 || lengthMin(body) === 0)
    return false;
  return !body.some(isVariable) || (item.max === 1 && hasCertainDivision(body));
}

function isVariable({ atom, min, max }: PatternItem): boolean {
  if (min !== max) return true;
  if (atom.kind !== "group" || atom.isLookaround) return false;
  return atom.alternatives.length > 1 || atom.alternatives.some((sequence) => sequence.some(isVariable));
}

function lengthMin(sequence: PatternSequence): number {
  return sequence.reduce((length, { atom, min }) => length + min * atomLengthMin(atom), 0);
}

function atomLengthMin(atom: PatternItem["atom"]): number {
  if (atom.kind !== "group") return atom.kind === "set" ? 1 : 0;
  return atom.isLookaround ? 0 : Math.min(...atom.alternatives.map(lengthMin));
}
