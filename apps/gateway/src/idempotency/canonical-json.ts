import { isNestedDeeper } from "../http/json-depth.ts";

const maxDepth = 200;
/** Numbers that parsing might round, so that two texts would become one. */
const longNumber = /\d{16}/;

/**
 * JSON text in a form in which the order of members, white space and the spelling of characters and numbers make no
 * difference. Null for text that is no JSON, or that cannot be brought into that form.
 */
export function canonicalJson(text: string): string | null {
  if (longNumber.test(text) || isNestedDeeper(text, maxDepth)) return null;
  try {
    return JSON.stringify(sorted(JSON.parse(text)));
  } catch {
    // No JSON: its bytes say what it is.
    return null;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  // Pairs, because an object orders members that look like numbers by itself, and `__proto__` is no member there.
  return {
    o: Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  };
}
