/** Names a heading may have, by the section it opens; lower case, words apart by one space. */
export type SectionNames<Section extends string> = Readonly<Record<Section, readonly string[]>>;

export interface TextSections<Section extends string> {
  /** What stands before the first heading. */
  readonly before: string;
  readonly sections: Readonly<Partial<Record<Section, string>>>;
}

/**
 * `## Risks`, `**Risks:**`, `2. Risks`, `Risks: the first one`; what stands behind the colon belongs to the section. For
 * lines whose blanks are single ones.
 */
const headingLine =
  /^ ?(?:#{1,6} ?)?(?:\d{1,2}[.)] ?)?(?:\*\*|__)? ?([A-Za-z][A-Za-z /&-]{2,40}?) ?(?:\*\*|__)? ?(?:: ?(?:\*\*|__)? ?(.*))?$/s;

/**
 * Splits a text at the headings that are known; null when it has none of them. A heading that comes twice goes on with its
 * section; an unknown heading is text of the section it stands in. Fenced code holds no headings.
 */
export function splitSections<Section extends string>(
  text: string,
  names: SectionNames<Section>,
): TextSections<Section> | null {
  const sectionOf = new Map<string, Section>();
  for (const [section, aliases] of Object.entries(names) as [Section, readonly string[]][])
    for (const alias of aliases) sectionOf.set(alias, section);
  const before: string[] = [];
  const lines = new Map<Section, string[]>();
  let current = before;
  let isFenced = false;
  for (const line of withoutFence(text).split(/\r?\n/)) {
    if (/^\s{0,3}(?:```|~~~)/.test(line)) isFenced = !isFenced;
    const heading = isFenced ? null : readHeading(line, sectionOf);
    if (heading === null) {
      current.push(line);
      continue;
    }
    current = lines.get(heading.section) ?? [];
    lines.set(heading.section, current);
    if (heading.rest !== "") current.push(heading.rest);
  }
  if (lines.size === 0) return null;
  const sections: Partial<Record<Section, string>> = {};
  for (const [section, content] of lines) sections[section] = content.join("\n").trim();
  return { before: before.join("\n").trim(), sections };
}

function readHeading<Section extends string>(
  line: string,
  sectionOf: ReadonlyMap<string, Section>,
): { section: Section; rest: string } | null {
  const match = headingLine.exec(line.trimEnd().replaceAll(/[ \t]+/g, " "));
  if (match === null) return null;
  const [, name = "", rest = ""] = match;
  const section = sectionOf.get(name.toLowerCase().replaceAll("-", " "));
  return section === undefined ? null : { section, rest: rest.trim() };
}

const bullet = /^[ \t]*(?:[-*+•]|\d{1,2}[.)])[ \t]+/;

/** The points of a section: one per bullet or number with the lines that belong to it; without any, one per paragraph. */
export function pointsOf(section: string | undefined): string[] {
  if (section === undefined) return [];
  const lines = section.split("\n");
  const points: string[] = [];
  const isList = lines.some((line) => bullet.test(line));
  let isOpen = false;
  for (const line of lines) {
    const startsPoint = isList ? bullet.test(line) && !/^[ \t]{2,}/.test(line) : !isOpen;
    if (line.trim() === "") isOpen = false;
    else if (startsPoint || points.length === 0) {
      points.push(line.replace(bullet, "").trim());
      isOpen = true;
    } else points.push(`${points.pop() ?? ""}\n${line.trim()}`);
  }
  return points.filter((point) => !/^\W*(?:none|nothing|n\/a)\W*$/i.test(point));
}

/** The text inside of a fence that is around all of it. */
export function withoutFence(text: string): string {
  const lines = text.trim().split("\n");
  const isFenced =
    lines.length > 2 && /^```\w*\s*$/.test(lines[0] ?? "") && (lines.at(-1) ?? "").trim() === "```";
  return isFenced ? lines.slice(1, -1).join("\n") : text;
}
