import type { Schema, Schemas } from "./open-api-document.ts";

const prefix = "#/components/schemas/";

/** The name in `#/components/schemas/<name>`; null when the schema is no such reference. */
export function referencedName({ $ref }: Schema): string | null {
  if ($ref === undefined || !$ref.startsWith(prefix)) return null;
  return $ref.slice(prefix.length).replaceAll("~1", "/").replaceAll("~0", "~");
}

/** The named schema; null when there is none. */
export function findSchema(schemas: Schemas, name: string): Schema | null {
  return Object.hasOwn(schemas, name) ? (schemas[name] ?? null) : null;
}

/** The id of a schema's section on the page. */
export function schemaAnchor(name: string): string {
  return `schema-${name.replaceAll(/[^A-Za-z0-9._-]/g, "_")}`;
}
