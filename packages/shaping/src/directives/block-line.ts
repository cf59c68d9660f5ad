import { bracketBalance } from "./bracket-balance.ts";

/** What one line means inside a block of a directive. */
export type BlockLine =
  | { readonly kind: "entry"; readonly key: string; readonly value: string }
  /** A further line of the JSON value before it. */
  | { readonly kind: "continuation"; readonly value: string }
  | { readonly kind: "end" }
  | { readonly kind: "blank" }
  | { readonly kind: "foreign" };

const end = /^@@end$/i;
const entry = /^([A-Za-z_][\w.-]*)\s*=\s*(.*)$/s;
/** No line of JSON looks like `key=value`, so the two cannot be mixed up. */
const jsonLine = /^(?:[-"{}[\],:\d]|true|false|null)/;

/** Reads the lines of one block, one call per line in order. A JSON value may go on over lines until its brackets close. */
export function createBlockReader(): (line: string) => BlockLine {
  let openBrackets = 0;
  return (line) => {
    const content = line.trim();
    if (content === "") return { kind: "blank" };
    if (end.test(content)) return { kind: "end" };
    if (openBrackets > 0 && jsonLine.test(content)) {
      openBrackets += bracketBalance(content);
      return { kind: "continuation", value: content };
    }
    const [, key, value] = entry.exec(content) ?? [];
    if (key === undefined || value === undefined) {
      openBrackets = 0;
      return { kind: "foreign" };
    }
    openBrackets = /^[{[]/.test(value) ? bracketBalance(value) : 0;
    return { kind: "entry", key, value };
  };
}
