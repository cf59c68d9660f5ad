import { bracketsEnd } from "./bracket-balance.ts";
import { createBlockReader } from "./block-line.ts";
import type { InvalidDirective } from "./directives.ts";
import type { DirectiveSpan } from "./find-directives.ts";
import { linesBetween } from "./text-lines.ts";

export interface DirectiveEntry {
  readonly key: string;
  /** As written, quotes included. */
  readonly value: string;
}

export type DirectiveEntries =
  | { readonly kind: "entries"; readonly entries: readonly DirectiveEntry[] }
  | InvalidDirective;

const badLine =
  "must stand alone on its line, or be followed by a space and then key=value pairs only, with spaces between them";

/** The `key=value` pairs of one directive, in order. */
export function readEntries(span: DirectiveSpan): DirectiveEntries {
  if (!span.isClosed)
    return {
      kind: "invalid",
      key: "@@end",
      reason: "is missing: a block of directives ends with a line @@end",
    };
  const header = readPairs(span.header);
  if (header === null) return { kind: "invalid", key: "@@tokenhub", reason: badLine };
  const body = readBlock(span.body);
  if (body === null)
    return {
      kind: "invalid",
      key: "@@tokenhub",
      reason: "must be followed by key=value lines only, up to the line @@end",
    };
  return { kind: "entries", entries: [...header, ...body] };
}

function readBlock(body: string): DirectiveEntry[] | null {
  const readLine = createBlockReader();
  const entries: { key: string; value: string }[] = [];
  for (const { start, end } of linesBetween(body, { from: 0, to: body.length })) {
    const line = readLine(body.slice(start, end));
    const last = entries.at(-1);
    if (line.kind === "foreign") return null;
    if (line.kind === "entry") entries.push({ key: line.key, value: line.value });
    else if (line.kind === "continuation" && last !== undefined) last.value += `\n${line.value}`;
  }
  return entries;
}

const pairStart = /\s+([A-Za-z_][\w.-]*)=/y;
const quoted = /"(?:[^"\\]|\\.)*"/y;
const bare = /\S*/y;

/** The pairs behind a marker, a closing `@@end` on the same line allowed; null when anything else stands there. */
function readPairs(header: string): DirectiveEntry[] | null {
  const entries: DirectiveEntry[] = [];
  let at = 0;
  for (;;) {
    pairStart.lastIndex = at;
    const key = pairStart.exec(header)?.[1];
    if (key === undefined) return /^(?:\s+@@end)?\s*$/i.test(header.slice(at)) ? entries : null;
    const end = valueEnd(header, pairStart.lastIndex);
    entries.push({ key, value: header.slice(pairStart.lastIndex, end) });
    at = end;
  }
}

/** The end of the value that starts at `start`: of its quotes, of its brackets, else of the word. */
function valueEnd(header: string, start: number): number {
  const first = header.charAt(start);
  if (first === "{" || first === "[") return bracketsEnd(header, start);
  const pattern = first === '"' ? quoted : bare;
  pattern.lastIndex = start;
  return pattern.test(header) ? pattern.lastIndex : header.length;
}
