import { isJsonObject, type JsonObject } from "../json-value.ts";

const schemaLists = ["anyOf", "oneOf", "allOf"];
const schemaMaps = ["properties", "$defs", "definitions"];
/** Schemas nested deeper than this are left as they are. */
const depthMax = 64;

export interface ClosedSchema {
  readonly schema: JsonObject;
  /** Whether an object in it allowed further members. */
  readonly isChanged: boolean;
}

/**
 * Anthropic takes an output schema only if every object in it says `additionalProperties: false`, as OpenAI demands of
 * strict schemas. Closes the objects of a loose one.
 */
export function closeOutputSchema(schema: JsonObject): ClosedSchema {
  let isChanged = false;
  const close = (value: unknown, depth: number): unknown => {
    if (!isJsonObject(value) || depth > depthMax) return value;
    const closed: JsonObject = { ...value };
    for (const key of schemaLists) {
      const list = value[key];
      if (Array.isArray(list)) closed[key] = list.map((entry) => close(entry, depth + 1));
    }
    for (const key of schemaMaps) {
      const map = value[key];
      if (!isJsonObject(map)) continue;
      const entries = Object.entries(map).map(([name, entry]) => [name, close(entry, depth + 1)]);
      closed[key] = Object.fromEntries(entries);
    }
    if (isJsonObject(value["items"])) closed["items"] = close(value["items"], depth + 1);
    const isObjectSchema = value["type"] === "object" || isJsonObject(value["properties"]);
    if (isObjectSchema && value["additionalProperties"] !== false) {
      closed["additionalProperties"] = false;
      isChanged = true;
    }
    return closed;
  };
  const closed = close(schema, 0);
  return { schema: isChanged && isJsonObject(closed) ? closed : schema, isChanged };
}
