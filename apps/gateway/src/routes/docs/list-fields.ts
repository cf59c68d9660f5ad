import type { Schema, Schemas } from "./open-api-document.ts";
import { findSchema, referencedName } from "./schema-reference.ts";

export interface Field {
  /** Where the field is, e.g. `messages[].`; empty at the top. `*` stands for any name. */
  readonly parents: string;
  readonly name: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
  /** The field has members that lie too deep to be listed. */
  readonly isCut: boolean;
}

export interface FieldListing {
  readonly schemas: Schemas;
  /** Levels of members that are listed; deeper ones are cut. */
  readonly maxDepth?: number;
}

interface Place {
  readonly schemas: Schemas;
  readonly maxDepth: number;
  readonly path: string;
  readonly depth: number;
  /** Names that were followed on the way here. */
  readonly followed: readonly string[];
}

/**
 * Every field a value of this schema may have, in the schema's order, members after the field they belong to. References
 * are followed, but not into a schema that is being listed already: its name in the field's type says where to look.
 */
export function listFields(schema: Schema, { schemas, maxDepth = 5 }: FieldListing): Field[] {
  return fieldsWithin(schema, { schemas, maxDepth, path: "", depth: 1, followed: [] });
}

function fieldsWithin(schema: Schema, place: Place): Field[] {
  const name = referencedName(schema);
  if (name !== null) {
    const target = place.followed.includes(name) ? null : findSchema(place.schemas, name);
    return target === null ? [] : fieldsWithin(target, { ...place, followed: [...place.followed, name] });
  }
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [
    ...ownMembers(schema, place),
    ...(schema.items === undefined ? [] : fieldsWithin(schema.items, { ...place, path: `${place.path}[]` })),
    ...alternatives.flatMap((alternative) => fieldsWithin(alternative, place)),
  ];
}

function ownMembers(schema: Schema, place: Place): Field[] {
  const required = new Set(schema.required);
  const parents = place.path === "" ? "" : `${place.path}.`;
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const deeper = membersOf(member, { ...place, path: parents + name });
    const isCut = place.depth === place.maxDepth && deeper.length > 0;
    const field = { parents, name, schema: member, isRequired: required.has(name), isCut };
    return isCut ? [field] : [field, ...deeper];
  });
  const { additionalProperties: other } = schema;
  // The type of a map says what its values are; only values with members of their own need rows.
  return typeof other === "object"
    ? [...named, ...membersOf(other, { ...place, path: `${parents}*` })]
    : named;
}

/** One level more than is shown, to know whether something is cut. */
function membersOf(member: Schema, place: Place): Field[] {
  return place.depth > place.maxDepth ? [] : fieldsWithin(member, { ...place, depth: place.depth + 1 });
}
