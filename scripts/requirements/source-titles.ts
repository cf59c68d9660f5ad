import { readLeadingIds } from "./leading-ids.ts";

const literal =
  /(?<before>\(\s*)?(?<quote>["'`])(?<title>(?:[CD]\d+, *)*S\d\w*-\d(?:\\.|(?!\k<quote>)[^\\])*)\k<quote>/g;
const opening = /\b(?<name>describe|it|test)\b[.(]/g;

/**
 * Finds in the source of a test file the texts that begin like a title with row ids, placeholders unfilled: the
 * titles of tests and those in their tables, but not those of `describe` blocks. A text in a table counts although its
 * test might put words before it, so this is a quick look and no proof.
 */
export function findSourceTitles(source: string): string[] {
  return [...source.matchAll(literal)].flatMap(({ index, groups }) => {
    const title = groups?.["title"] ?? "";
    const isFirstArgument = groups?.["before"] !== undefined;
    const isList = readLeadingIds(title).kind === "ids";
    // A bare id is a value of some code; an id and words in a call are a title with a slip.
    const isSlip = isFirstArgument && title.includes(" ");
    const isBlock = isFirstArgument && opensDescribe({ source, index });
    return (isList || isSlip) && !isBlock ? [title] : [];
  });
}

function opensDescribe({ source, index }: { source: string; index: number }): boolean {
  const last = [...source.slice(0, index + 1).matchAll(opening)].at(-1);
  return last?.groups?.["name"] === "describe";
}
