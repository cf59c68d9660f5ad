export interface JsonSyntaxError {
  /** Index of the first character that does not fit. */
  readonly offset: number;
  /** What was expected there; never a piece of the text, which may hold secrets. */
  readonly reason: string;
}

const token =
  /[ \t\n\r]*([{}[\],:]|"(?:[\u0020\u0021\u0023-\u005b\u005d-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
const whiteSpace = /[ \t\n\r]*/y;

/**
 * Where and why a text is not JSON; null when it is. `JSON.parse` does not always tell the position, and its messages
 * quote the text. An explicit stack keeps deep nesting harmless.
 */
export function findJsonSyntaxError(text: string): JsonSyntaxError | null {
  const open: ("{" | "[")[] = [];
  let expected: Expectation = "value";
  let offset = 0;
  while (expected !== "end") {
    const next = readToken(text, offset);
    const step: Step | string = next === null ? describe(expected) : advance(next.token, { expected, open });
    if (typeof step === "string")
      return { offset: next?.start ?? skipWhiteSpace(text, offset), reason: step };
    expected = step.expected;
    offset = next?.end ?? offset;
  }
  const rest = skipWhiteSpace(text, offset);
  return rest === text.length
    ? null
    : { offset: rest, reason: "nothing may follow the end of the JSON value" };
}

type Expectation =
  | "value"
  | "element"
  | "value-or-]"
  | "key"
  | "key-or-}"
  | "colon"
  | "comma-or-close"
  | "end";
interface Step {
  readonly expected: Expectation;
}

/** The next expectation, or the reason why `current` does not fit. */
function advance(
  current: string,
  { expected, open }: { readonly expected: Expectation; readonly open: ("{" | "[")[] },
): Step | string {
  const closes = (current === "}" && open.at(-1) === "{") || (current === "]" && open.at(-1) === "[");
  const afterValue = (): Step => ({ expected: open.length === 0 ? "end" : "comma-or-close" });
  if (closes && (expected === "comma-or-close" || expected === "value-or-]" || expected === "key-or-}")) {
    open.pop();
    return afterValue();
  }
  if (closes && (expected === "element" || expected === "key"))
    return "the comma before this bracket must go";
  switch (expected) {
    case "value":
    case "element":
    case "value-or-]":
      if (current === "{" || current === "[") {
        open.push(current);
        return { expected: current === "{" ? "key-or-}" : "value-or-]" };
      }
      return /^[\]},:]$/.test(current) ? describe(expected) : afterValue();
    case "key":
    case "key-or-}":
      return current.startsWith('"') ? { expected: "colon" } : describe(expected);
    case "colon":
      return current === ":" ? { expected: "value" } : describe(expected);
    case "comma-or-close":
      return current === "," ? { expected: open.at(-1) === "{" ? "key" : "element" } : describe(expected);
    case "end":
      return describe(expected);
  }
}

function describe(expected: Expectation): string {
  switch (expected) {
    case "value":
    case "element":
      return "a JSON value is expected here (text in double quotes, a number, true, false, null, { or [)";
    case "value-or-]":
      return "a JSON value or ] is expected here";
    case "key":
      return "a key in double quotes is expected here";
    case "key-or-}":
      return "a key in double quotes or } is expected here";
    case "colon":
      return "a colon is expected after the key";
    case "comma-or-close":
      return "a comma or the closing bracket is expected here";
    case "end":
      return "the end of the file is expected here";
  }
}

function readToken(
  text: string,
  offset: number,
): { readonly token: string; readonly start: number; readonly end: number } | null {
  token.lastIndex = offset;
  const found = token.exec(text)?.[1];
  return found === undefined
    ? null
    : { token: found, start: token.lastIndex - found.length, end: token.lastIndex };
}

function skipWhiteSpace(text: string, offset: number): number {
  whiteSpace.lastIndex = offset;
  whiteSpace.exec(text);
  return whiteSpace.lastIndex;
}
