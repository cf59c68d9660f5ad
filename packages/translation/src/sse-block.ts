import { objectOf, parseJson } from "./json-value.ts";

/** What one event's text says. */
export interface SseBlock {
  /** Line ends before the event. */
  readonly blankLines: string;
  /** The data lines, joined by line feeds. */
  readonly data: string;
}

const blankLinesPattern = /^[\r\n]*/;
const linePattern = /[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+/g;

/** Reads one event's text; null when it has no data (comments, keep-alives). */
export function readSseBlock(text: string): SseBlock | null {
  if (isOneDataLine(text)) return { blankLines: "", data: text.slice(6, -2) };
  const blankLines = blankLinesPattern.exec(text)?.[0] ?? "";
  const data = linesOf(text).filter(isDataLine).map(dataOf);
  return data.length === 0 ? null : { blankLines, data: data.join("\n") };
}

/** Whether this is the data of a whole event: a stream that was cut may end in half of one, on which clients throw. */
export function isWholeData(data: string): boolean {
  return data === "[DONE]" || objectOf(parseJson(data)) !== null;
}

/** The event with other data of as many lines; every other line, and how lines are spelled, stays as it is. */
export function replaceSseData(text: string, data: string): string {
  if (isOneDataLine(text)) return `data: ${data}\n\n`;
  const dataLines = data.split("\n");
  let next = 0;
  const lines = linesOf(text).map((line) => {
    if (!isDataLine(line)) return line;
    const prefix = line.startsWith("data: ") ? "data: " : "data:";
    const lineEnd = /[\r\n]+$/.exec(line)?.[0] ?? "";
    const replacement = dataLines[next] ?? "";
    next += 1;
    return prefix + replacement + lineEnd;
  });
  return lines.join("");
}

/** The usual event of OpenAI streams: `data: ...` and a blank line, nothing else. */
function isOneDataLine(text: string): boolean {
  const end = text.length - 2;
  return (
    text.startsWith("data: ") && text.endsWith("\n\n") && text.indexOf("\n") === end && !text.includes("\r")
  );
}

function linesOf(text: string): string[] {
  return text.match(linePattern) ?? [];
}

function isDataLine(line: string): boolean {
  return line.startsWith("data:");
}

function dataOf(line: string): string {
  return line.slice(line.startsWith("data: ") ? 6 : 5).replace(/[\r\n]+$/, "");
}
