import { isJsonObject } from "../json-value.ts";
import { utf8Prefix } from "../utf8-prefix.ts";
import { checkPattern } from "./check-pattern.ts";

/** Why a schema is not used. */
export interface SchemaRefusal {
  /** JSON pointer to the part at fault; empty for the whole schema. */
  readonly pointer: string;
  /** What is wrong with it, as a predicate: `is nested …`. */
  readonly problem: string;
  /** Both as one clause, e.g. "`/properties/a/pattern` is longer than 512 characters". */
  readonly reason: string;
}

/** Limits of a caller's schema. Keeping them bounds the work of whoever validates against it, it does not make it small. */
export const schemaLimits = { levels: 32, bytes: 65_536, references: 200 } as const;

/** Keywords whose members are names of the schema's author, each with a schema. */
const schemaMaps = [
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
  "dependencies",
];
/** Keywords whose values are data, where nothing is a keyword. */
const dataKeywords = ["const", "enum", "default", "example", "examples"];
const referenceKeywords = ["$ref", "$dynamicRef", "$recursiveRef"];

/**
 * Looks whether a caller's JSON Schema may be worked with: an object or a truth value, at most 32 levels of JSON, 64 kB and
 * 200 references, all of them inside the schema (`#…`), with regular expressions of at most 512 characters in which no
 * repetition repeats another one ambiguously. Null when it may. It does not look whether the schema makes sense.
 */
export function checkSchemaBounds(schema: unknown): SchemaRefusal | null {
  if (!isJsonObject(schema) && typeof schema !== "boolean")
    return refusal("", "must be an object or a truth value");
  const state: Walk = { references: 0 };
  const found = walk(schema, { place: { pointer: "", levels: 1, kind: "schema" }, state });
  if (found !== null) return found;
  const text = JSON.stringify(schema);
  const { length } = utf8Prefix(text, { maxBytes: schemaLimits.bytes });
  return length < text.length ? refusal("", `is longer than ${schemaLimits.bytes} bytes`) : null;
}

interface Place {
  readonly pointer: string;
  readonly levels: number;
  /** What the members of an object mean here: keywords, names with schemas, or nothing. */
  readonly kind: "schema" | "patterns" | "names" | "data";
}

interface Walk {
  references: number;
}

interface Step {
  readonly place: Place;
  readonly state: Walk;
}

function refusal(pointer: string, problem: string): SchemaRefusal {
  return { pointer, problem, reason: `${pointer === "" ? "the schema" : `\`${pointer}\``} ${problem}` };
}

/** Recursion ends at the permitted number of levels. */
function walk(value: unknown, { place, state }: Step): SchemaRefusal | null {
  if (typeof value !== "object" || value === null) return null;
  if (place.levels > schemaLimits.levels)
    return refusal(place.pointer, `is nested more than ${schemaLimits.levels} levels deep`);
  for (const [name, member] of Object.entries(value)) {
    const inner: Place = {
      pointer: `${place.pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
      levels: place.levels + 1,
      kind: Array.isArray(value) ? place.kind : kindOf(name, place.kind),
    };
    const problem = problemOf(name, { member, kind: place.kind, state });
    if (problem !== null) return refusal(inner.pointer, problem);
    const found = walk(member, { place: inner, state });
    if (found !== null) return found;
  }
  return null;
}

function kindOf(name: string, kind: Place["kind"]): Place["kind"] {
  if (kind === "data") return "data";
  if (kind !== "schema") return "schema";
  if (dataKeywords.includes(name)) return "data";
  if (name === "patternProperties") return "patterns";
  return schemaMaps.includes(name) ? "names" : "schema";
}

interface Member {
  readonly member: unknown;
  readonly kind: Place["kind"];
  readonly state: Walk;
}

function problemOf(name: string, { member, kind, state }: Member): string | null {
  if (kind === "patterns") return checkPattern(name);
  if (kind !== "schema" || typeof member !== "string") return null;
  if (name === "pattern") return checkPattern(member);
  if (!referenceKeywords.includes(name)) return null;
  if (!member.startsWith("#")) return "points outside the schema";
  state.references += 1;
  return state.references > schemaLimits.references
    ? `is one reference more than the ${schemaLimits.references} a schema may have`
    : null;
}
