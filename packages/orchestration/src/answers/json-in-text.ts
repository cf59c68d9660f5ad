type JsonObject = Readonly<Record<string, unknown>>;

/** Beyond this many openings nobody wrote one object; it keeps a hostile text cheap. */
const openingsMax = 64;

/**
 * The objects of a text that is JSON or has JSON in it (fenced, or with words around it), in their order. Objects inside of
 * others are not listed.
 */
export function jsonObjectsIn(text: string): JsonObject[] {
  const found: JsonObject[] = [];
  let openings = 0;
  for (let at = text.indexOf("{"); at !== -1 && openings < openingsMax; openings += 1) {
    const end = endOfObject(text, at);
    const object = end === -1 ? null : parseObject(text.slice(at, end));
    if (object !== null) found.push(object);
    at = text.indexOf("{", object === null ? at + 1 : end);
  }
  return found;
}

/** The index after the brace that closes the one at `start`; -1 when none does. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let isQuoted = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (isQuoted) {
      if (character === "\\") at += 1;
      else if (character === '"') isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === "{") depth += 1;
    else if (character === "}") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as JsonObject) : null;
  } catch {
    // Braces that hold no JSON are ordinary text here.
    return null;
  }
}
