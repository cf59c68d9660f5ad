import fc from "fast-check";
import { strangeText } from "./json-damage.ts";
import type { JsonSchema, OpenApiDocument } from "./open-api-operations.ts";

export interface SchemaValues {
  readonly document: Pick<OpenApiDocument, "components">;
  /** Values that mean something to the product, by the name of the member. */
  readonly known: Readonly<Record<string, fc.Arbitrary<unknown>>>;
}

const deepest = 6;
/** More members than this at once would contradict one another in nearly every body. */
const optionalMembers = 4;
/** Optional by the schema, but without them hardly anything gets far. */
const nearlyRequired = new Set(["provider_id", "base_url", "password"]);

/** Values that fit a schema; members of a known name have a known value in most cases. */
export function valueOf(schema: JsonSchema, values: SchemaValues, depth = 0): fc.Arbitrary<unknown> {
  const within = (inner: JsonSchema): fc.Arbitrary<unknown> => valueOf(inner, values, depth + 1);
  if (depth > deepest) return fc.constantFrom<unknown>("deep", 1, null);
  if (schema.$ref !== undefined) return within(resolve(schema.$ref, values));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return fc.oneof(...options.map(within));
  if (schema.allOf !== undefined)
    return fc
      .tuple(...schema.allOf.map(within))
      .map((parts) => (parts.every(isObject) ? Object.assign({}, ...parts) : parts[0]) as unknown);
  if (Array.isArray(schema.type))
    return fc.oneof(...(schema.type as string[]).map((type) => within({ ...schema, type })));
  switch (schema.type) {
    case "object":
      return objectOf(schema, { values, within });
    case "array": {
      const minLength = schema.minItems ?? 0;
      return fc.array(within(schema.items ?? {}), {
        minLength,
        maxLength: Math.max(minLength, Math.min(schema.maxItems ?? 3, 3)),
      });
    }
    case "string":
      return textOf(schema);
    case "integer":
    case "number":
      return numberOf(schema);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case undefined:
    default:
      return fc.oneof(strangeText, fc.jsonValue({ maxDepth: 2 }));
  }
}

interface Within {
  readonly values: SchemaValues;
  readonly within: (inner: JsonSchema) => fc.Arbitrary<unknown>;
}

function objectOf(schema: JsonSchema, { values, within }: Within): fc.Arbitrary<object> {
  const required = new Set([
    ...(schema.required ?? []),
    ...Object.keys(schema.properties ?? {}).filter((name) => nearlyRequired.has(name)),
  ]);
  const members = Object.entries(schema.properties ?? {}).map(([name, inner]) => {
    const known = values.known[name];
    const value =
      known === undefined
        ? within(inner)
        : fc.oneof({ weight: 6, arbitrary: known }, { weight: 1, arbitrary: within(inner) });
    return { name, value };
  });
  const record = (some: typeof members): fc.Arbitrary<object> =>
    fc.record(Object.fromEntries(some.map(({ name, value }) => [name, value])));
  const always = record(members.filter(({ name }) => required.has(name)));
  const optional = members.filter(({ name }) => !required.has(name));
  const sometimes =
    optional.length === 0
      ? fc.constant({})
      : fc.subarray(optional, { maxLength: Math.min(optional.length, optionalMembers) }).chain(record);
  const further =
    typeof schema.additionalProperties === "object"
      ? fc.dictionary(
          schema.propertyNames === undefined
            ? fc.constantFrom("a", "b", "text")
            : keyOf(schema.propertyNames),
          within(schema.additionalProperties),
          { maxKeys: members.length === 0 ? 4 : 1, noNullPrototype: true },
        )
      : fc.constant({});
  return fc
    .tuple(further, always, sometimes)
    .map(([added, needed, chosen]) => Object.assign({}, added, needed, chosen));
}

function keyOf(schema: JsonSchema): fc.Arbitrary<string> {
  return textOf(schema).filter((name) => name !== "__proto__");
}

const sampleTexts = ["a", "x-fuzz", "fz-1", "Name", "tool_1", "2027-01-31T12:00:00Z", "0".repeat(40), "720h"];

function textOf({ pattern, format, minLength = 0, maxLength = 200 }: JsonSchema): fc.Arbitrary<string> {
  const longest = Math.min(maxLength, 200);
  if (format === "date-time")
    return fc
      .date({ min: new Date("2020-01-01"), max: new Date("2040-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (pattern === undefined)
    return fc.oneof(
      fc.constantFrom("a", "hello", "x-fuzz", "720h", "PT1H").filter((text) => text.length >= minLength),
      strangeText.map((text) => text.padEnd(minLength, "x").slice(0, longest)),
      fc.string({ minLength, maxLength: Math.max(minLength, 12) }),
    );
  const matcher = new RegExp(pattern, "u");
  const fitting = sampleTexts.filter(
    (text) => matcher.test(text) && text.length >= minLength && text.length <= maxLength,
  );
  return fc.oneof(
    fc.constantFrom(...(fitting.length === 0 ? ["a"] : fitting)),
    strangeText.map((text) => (matcher.test(text) && text.length <= maxLength ? text : (fitting[0] ?? "a"))),
  );
}

function numberOf(schema: JsonSchema): fc.Arbitrary<number> {
  const isWhole = schema.type === "integer";
  const exclusive = isWhole ? 1 : 1e-6;
  const from =
    schema.minimum ?? (schema.exclusiveMinimum === undefined ? -1e6 : schema.exclusiveMinimum + exclusive);
  const to =
    schema.maximum ?? (schema.exclusiveMaximum === undefined ? 1e9 : schema.exclusiveMaximum - exclusive);
  const any = isWhole
    ? fc.integer({ min: Math.max(from, Number.MIN_SAFE_INTEGER), max: Math.min(to, Number.MAX_SAFE_INTEGER) })
    : fc.double({ min: from, max: to, noNaN: true });
  const small = Math.max(from, Math.min(to, 1));
  return fc.oneof(any, fc.constantFrom(from, to, small));
}

function resolve(reference: string, { document }: SchemaValues): JsonSchema {
  const name = reference.split("/").at(-1) ?? "";
  const schema = document.components.schemas?.[name];
  if (schema === undefined)
    throw new Error(`The description refers to ${reference}, which it does not have.`);
  return schema;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
