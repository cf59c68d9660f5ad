import { arrayOf, isJsonObject, numberOf, objectOf, stringOf, type JsonObject } from "../json-value.ts";

interface Place {
  /** The whole schema, where `$ref` points into. */
  readonly root: JsonObject;
  readonly depth: number;
}

/** Below this depth only required properties and items are filled in, so that recursive schemas end. */
const optionalDepth = 4;
const deepest = 32;

/**
 * A value that satisfies a simple JSON schema, always the same one. Understands `type`, `properties`, `required`, `items`,
 * `prefixItems`, `enum`, `const`, `default`, `anyOf`, `oneOf`, `allOf`, local `$ref`, bounds of numbers, strings and arrays,
 * and the usual string formats; `pattern` is beyond it.
 */
export function exampleOfSchema(schema: unknown): unknown {
  return valueFor(schema, { root: objectOf(schema), depth: 0 });
}

function valueFor(schema: unknown, place: Place): unknown {
  if (!isJsonObject(schema) || place.depth > deepest) return null;
  if ("const" in schema) return schema["const"];
  if ("default" in schema) return schema["default"];
  const choices = arrayOf(schema["enum"]);
  if (choices.length > 0) return choices[0];
  const deeper = { ...place, depth: place.depth + 1 };
  const reference = stringOf(schema["$ref"]);
  if (reference !== null) return valueFor(resolveReference(reference, place.root), deeper);
  const alternatives = [...arrayOf(schema["anyOf"]), ...arrayOf(schema["oneOf"])];
  if (alternatives.length > 0) return valueFor(chooseAlternative(alternatives, place), deeper);
  const parts = arrayOf(schema["allOf"]);
  if (parts.length > 0) return valueFor(mergeParts(schema, { parts, place }), deeper);
  return valueOfType(schema, place);
}

function valueOfType(schema: JsonObject, place: Place): unknown {
  switch (typeOf(schema)) {
    case "object":
      return objectFor(schema, place);
    case "array":
      return arrayFor(schema, place);
    case "string":
      return stringFor(schema);
    case "integer":
      return numberFor(schema, { step: numberOf(schema["multipleOf"]) ?? 1 });
    case "number":
      return numberFor(schema, { step: numberOf(schema["multipleOf"]) });
    case "boolean":
      return true;
    default:
      return null;
  }
}

function typeOf(schema: JsonObject): string {
  const declared = schema["type"];
  if (typeof declared === "string") return declared;
  const first = arrayOf(declared).find((type) => type !== "null");
  if (typeof first === "string") return first;
  if ("properties" in schema) return "object";
  if ("items" in schema || "prefixItems" in schema) return "array";
  return Array.isArray(declared) ? "null" : "string";
}

function objectFor(schema: JsonObject, place: Place): JsonObject {
  const required = new Set(arrayOf(schema["required"]));
  const properties = objectOf(schema["properties"]);
  const value: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(properties)) {
    if (place.depth >= optionalDepth && !required.has(name)) continue;
    value[name] = valueFor(property, { ...place, depth: place.depth + 1 });
  }
  for (const name of required) if (typeof name === "string" && !(name in value)) value[name] = "mock";
  return value;
}

function arrayFor(schema: JsonObject, place: Place): unknown[] {
  const prefix = arrayOf(schema["prefixItems"]);
  const minimum = numberOf(schema["minItems"]) ?? prefix.length;
  const maximum = numberOf(schema["maxItems"]) ?? Number.POSITIVE_INFINITY;
  const wanted = place.depth >= optionalDepth ? minimum : Math.max(minimum, 1);
  const length = Math.min(wanted, maximum);
  return Array.from({ length }, (_, index) =>
    valueFor(prefix[index] ?? schema["items"], { ...place, depth: place.depth + 1 }),
  );
}

const stringsByFormat: Readonly<Record<string, string>> = {
  "date-time": "2026-01-01T00:00:00Z",
  date: "2026-01-01",
  time: "00:00:00Z",
  duration: "P1D",
  email: "mock@example.com",
  hostname: "example.com",
  uri: "https://example.com/",
  url: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
};

function stringFor(schema: JsonObject): string {
  const minimum = numberOf(schema["minLength"]) ?? 0;
  const maximum = numberOf(schema["maxLength"]) ?? Number.POSITIVE_INFINITY;
  const text = stringsByFormat[stringOf(schema["format"]) ?? ""] ?? "mock";
  return text.padEnd(minimum, "k").slice(0, maximum);
}

function numberFor(schema: JsonObject, { step }: { readonly step: number | null }): number {
  const above = numberOf(schema["exclusiveMinimum"]);
  const below = numberOf(schema["exclusiveMaximum"]);
  const lowest = numberOf(schema["minimum"]) ?? above ?? Number.NEGATIVE_INFINITY;
  const highest = numberOf(schema["maximum"]) ?? below ?? Number.POSITIVE_INFINITY;
  if (step === null) return numberBetween({ lowest, highest, isOpen: above !== null || below !== null });
  const preferred = Math.min(Math.max(step, lowest), highest);
  const up = Math.ceil(preferred / step) * step;
  const candidate = up > highest ? Math.floor(preferred / step) * step : up;
  if (above !== null && candidate <= above) return candidate + step;
  if (below !== null && candidate >= below) return candidate - step;
  return candidate;
}

function numberBetween(range: {
  readonly lowest: number;
  readonly highest: number;
  readonly isOpen: boolean;
}): number {
  const { lowest, highest, isOpen } = range;
  if (1 > lowest && 1 < highest) return 1;
  if (!isOpen) return 1 <= lowest ? lowest : highest;
  if (Number.isFinite(lowest) && Number.isFinite(highest)) return (lowest + highest) / 2;
  return Number.isFinite(lowest) ? lowest + 1 : highest - 1;
}

function chooseAlternative(alternatives: readonly unknown[], place: Place): unknown {
  const isNull = (schema: unknown): boolean => objectOf(schema)["type"] === "null";
  // A recursive alternative is left for null as soon as the value is deep enough.
  const preferNull = place.depth >= optionalDepth;
  return alternatives.find((schema) => isNull(schema) === preferNull) ?? alternatives[0];
}

function mergeParts(
  schema: JsonObject,
  { parts, place }: { readonly parts: readonly unknown[]; readonly place: Place },
): JsonObject {
  const { allOf: _allOf, ...own } = schema;
  let merged: Record<string, unknown> = { ...own };
  for (const part of parts) {
    const reference = stringOf(objectOf(part)["$ref"]);
    const resolved = objectOf(reference === null ? part : resolveReference(reference, place.root));
    merged = {
      ...merged,
      ...resolved,
      properties: { ...objectOf(merged["properties"]), ...objectOf(resolved["properties"]) },
      required: [...arrayOf(merged["required"]), ...arrayOf(resolved["required"])],
    };
  }
  return merged;
}

function resolveReference(reference: string, root: JsonObject): unknown {
  if (!reference.startsWith("#")) return {};
  let found: unknown = root;
  for (const part of reference.split("/").slice(1)) {
    found = objectOf(found)[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return found;
}
