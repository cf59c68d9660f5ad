import { findFences } from "./find-fences.ts";

/**
 * The XML of an answer, trimmed: the first block fenced as xml, else everything from the first tag, declaration or comment to
 * the last `>`; null when the text has neither. Whether it is well-formed is not looked at.
 */
export function extractXml(text: string): string | null {
  const fence = findFences(text).find(({ language }) => language === "xml");
  if (fence !== undefined) return (fence.lines.trim() || fence.inline).trim();
  const start = text.search(/<[A-Za-z_?!]/);
  const end = text.lastIndexOf(">");
  return start === -1 || end < start ? null : text.slice(start, end + 1);
}
