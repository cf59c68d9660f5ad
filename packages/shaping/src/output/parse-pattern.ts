/** A part of a regular expression and how often it repeats. */
export interface PatternItem {
  readonly atom: PatternAtom;
  readonly min: number;
  /** Infinity when nothing bounds it. */
  readonly max: number;
}

type PatternAtom =
  /** One character out of a set; `source` is the set's own expression. */
  | { readonly kind: "set"; readonly source: string }
  | {
      readonly kind: "group";
      readonly alternatives: readonly PatternSequence[];
      readonly isLookaround: boolean;
    }
  /** `^`, `$`, `\b`, `\B`: no character. */
  | { readonly kind: "assertion" }
  | { readonly kind: "backreference" };

export type PatternSequence = readonly PatternItem[];

const groupStart = /\((?:\?(?:<?[=!]|<[^>]+>|[a-z-]*:))?/y;
const escape = /\\(?:u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]*\}|k<[^>]*>|\d+|[^])/y;
const set = /\[(?:[^\]\\]|\\[^])*\]/y;
const quantifier = /([*+?]|\{(\d+)(,(\d*))?\})\??/y;

/**
 * The structure of a regular expression in the `u` syntax, as far as counting repetitions needs it.
 * @param source an expression that compiles; of another one the structure means nothing.
 */
export function parsePattern(source: string): readonly PatternSequence[] {
  let at = 0;

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match !== null) at = pattern.lastIndex;
    return match;
  }

  function alternatives(): PatternSequence[] {
    const sequences: PatternItem[][] = [[]];
    while (at < source.length && source.charAt(at) !== ")") {
      if (source.charAt(at) === "|") {
        at += 1;
        sequences.push([]);
      } else {
        sequences.at(-1)?.push(item());
      }
    }
    return sequences;
  }

  function item(): PatternItem {
    const atom = readAtom();
    const [, mark, least, upTo, most] = take(quantifier) ?? [];
    if (mark === undefined) return { atom, min: 1, max: 1 };
    if (least === undefined)
      return { atom, min: mark === "+" ? 1 : 0, max: mark === "?" ? 1 : Number.POSITIVE_INFINITY };
    const max = upTo === undefined ? Number(least) : most ? Number(most) : Number.POSITIVE_INFINITY;
    return { atom, min: Number(least), max };
  }

  function readAtom(): PatternAtom {
    const opening = take(groupStart)?.[0];
    if (opening !== undefined) {
      const inner = alternatives();
      at += 1;
      return { kind: "group", alternatives: inner, isLookaround: /[=!]$/.test(opening) };
    }
    const taken = (take(set) ?? take(escape))?.[0];
    if (taken !== undefined) return escapeAtom(taken);
    const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
    at += character.length;
    return character === "^" || character === "$"
      ? { kind: "assertion" }
      : { kind: "set", source: character };
  }

  return alternatives();
}

function escapeAtom(taken: string): PatternAtom {
  if (/^\\[bB]$/.test(taken)) return { kind: "assertion" };
  return /^\\(?:k<|[1-9])/.test(taken) ? { kind: "backreference" } : { kind: "set", source: taken };
}
