import { TokenHubError } from "@tokenhub/contracts";

/** A JSON object of unknown content: what every edge of this package starts from. */
export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown): JsonObject | null {
  return isJsonObject(value) ? value : null;
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function booleanOf(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of a list; everything else in it is skipped. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return listOf(value).filter(isJsonObject);
}

/** Beyond any call; a provider's nonsense (JSON can say 1e400) must stay a number that can be added up and stored. */
const countMax = 1_000_000_000;

/** A token count as providers send it: anything that is no non-negative number counts as 0. */
export function countOf(value: unknown): number {
  return typeof value === "number" && value > 0 ? Math.min(Math.floor(value), countMax) : 0;
}

/** The members that say something: null and undefined both mean "absent" in the canonical form. */
export function presentMembers(members: JsonObject): JsonObject {
  const present: JsonObject = {};
  for (const [key, value] of Object.entries(members)) {
    if (value !== null && value !== undefined) present[key] = value;
  }
  return present;
}

/**
 * `JSON.stringify` that turns a too deeply nested value into an ordinary client error (V8 writes recursively, so a few
 * thousand levels exhaust its stack).
 * @throws TokenHubError invalid_request
 */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (cause) {
    throw new TokenHubError("invalid_request", "The body is nested too deeply.", { cause });
  }
}

/** The parsed value, or undefined when the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is an expected outcome here; every caller says what it means for it.
    return undefined;
  }
}
