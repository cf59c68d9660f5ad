import { jsonObjectsIn } from "./json-in-text.ts";
import { listIn } from "./list-in.ts";
import { pointsOf, splitSections, withoutFence } from "./text-sections.ts";

export interface Critique {
  /** Null when the text has no structure; it is the critique as it stands then. */
  readonly sections: CritiqueSections | null;
  /** The critic says in so many words that nothing needs to change. */
  readonly accepted: boolean;
}

/** In the public names. */
// A type, not an interface: it goes into artefacts, which are records.
export type CritiqueSections = {
  attacks: string[];
  improvements: string[];
  missing_constraints: string[];
  cheap_wins: string[];
};

const names = {
  attacks: ["attack", "attacks", "issues", "problems", "weaknesses", "flaws"],
  improvements: ["improvement", "improvements", "suggestions", "suggested improvements"],
  missing_constraints: ["missing constraint", "missing constraints", "missing requirements", "gaps"],
  cheap_wins: ["cheap win", "cheap wins", "quick wins", "low hanging fruit", "easy wins"],
  // Ends the section before it; its words are read by `accepts`.
  verdict: ["verdict", "final verdict", "overall verdict"],
} as const;

/**
 * Reads a critic's answer: sections under headings or in one JSON object, and a verdict. Whatever else it is, a refusal or
 * nonsense, it is the critique and not an acceptance.
 */
export function readCritique(text: string): Critique {
  const json = readJson(text);
  if (json !== null) return json;
  const split = splitSections(text, names);
  const sections = split?.sections;
  const hasSections =
    sections !== undefined && Object.keys(sections).some((section) => section !== "verdict");
  return {
    sections: hasSections
      ? {
          attacks: pointsOf(sections.attacks),
          improvements: pointsOf(sections.improvements),
          missing_constraints: pointsOf(sections.missing_constraints),
          cheap_wins: pointsOf(sections.cheap_wins),
        }
      : null,
    accepted: accepts(text),
  };
}

function readJson(text: string): Critique | null {
  if (!/^\s*(?:```\w*\s*)?\{/.test(text)) return null;
  const [object] = jsonObjectsIn(text);
  if (object === undefined) return null;
  const { accepted, verdict } = object;
  const keys = ["attacks", "improvements", "missing_constraints", "cheap_wins"] as const;
  const hasSections = keys.some((key) => object[key] !== undefined);
  if (!hasSections && accepted === undefined && verdict === undefined) return null;
  return {
    sections: hasSections
      ? {
          attacks: listIn(object["attacks"]),
          improvements: listIn(object["improvements"]),
          missing_constraints: listIn(object["missing_constraints"]),
          cheap_wins: listIn(object["cheap_wins"]),
        }
      : null,
    accepted: accepted === undefined ? isAcceptance(String(verdict)) : accepted === true,
  };
}

/** `Verdict: ...`, on a line of its own and not quoted; a `Verdict` heading may have its word on the next line. */
const verdictLine = /^[#*_ ]{0,9}(?:final |overall )?verdict[*_ ]{0,5}[:\-–—]?[*_ ]{0,5}(.*)$/i;

/** There is a verdict, and every verdict there is accepts: one that was only quoted must not outvote the critic's own. */
function accepts(text: string): boolean {
  const lines = withoutFence(text)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  const verdicts = lines.flatMap((line, index) => {
    if (line.length > 300) return [];
    const match = verdictLine.exec(line);
    if (match === null) return [];
    const rest = (match[1] ?? "").trim();
    return [rest === "" ? (lines[index + 1] ?? "") : rest];
  });
  return verdicts.length > 0 && verdicts.every(isAcceptance);
}

function isAcceptance(words: string): boolean {
  return /^\W*(?:accepted|accept|approved|approve)\W*$/i.test(words);
}
