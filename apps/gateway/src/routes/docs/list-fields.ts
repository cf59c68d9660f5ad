import type { Schema, Schemas } from "./open-api-document.ts";
import { findSchema, referencedName } from "./schema-reference.ts";

export interface Field {
  /** Where the field is, e.g. `messages[].`; empty at the top. */
  readonly parents: string;
  /** `*` stands for any name. */
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
  const named = Object.entries(schema.properties ?? {}).map(([name, member]) => ({
    name,
    member,
    isRequired: required.has(name),
  }));
  const { additionalProperties: other } = schema;
  const isMap = typeof other === "object" && Object.keys(other).length > 0;
  const members = isMap ? [...named, { name: "*", member: other, isRequired: false }] : named;
  return members.flatMap(({ name, member, isRequired }) => {
    const parents = place.path === "" ? "" : `${place.path}.`;
    const deeper = fieldsWithin(member, { ...place, path: parents + name, depth: place.depth + 1 });
    const isCut = place.depth >= place.maxDepth && deeper.length > 0;
    return [{ parents, name, schema: member, isRequired, isCut }, ...(isCut ? [] : deeper)];
  });
}
