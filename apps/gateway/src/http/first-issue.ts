import { z } from "zod";

type Schema = z.core.$ZodType;
type Issue = z.core.$ZodIssue;

/**
 * The first fault of a value, undefined when it fits its schema; of a union's variants the one that gets furthest names
 * it. The same verdict as the schema's own, which lists every fault: a body of a few megabytes holds millions, and the
 * list of them exhausts the process. This one stops where the first is found.
 */
export function firstIssue(schema: Schema, value: unknown): Issue | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === "union") return ofUnion(schema, { options: def.options, value });
  // Absent or of another kind than the schema wants: its own verdict is short.
  if (typeof value !== "object" || value === null) return ownIssue(schema, value);
  if (def.type === "optional" || def.type === "nullable") return firstIssue(def.innerType, value);
  if (Array.isArray(value))
    return def.type === "array" ? ofList(schema as z.core.$ZodArray, value) : ownIssue(schema, value);
  const members = value as Readonly<Record<string, unknown>>;
  if (def.type === "object" && isPlain(def)) return ofObject(def.shape, members);
  if (def.type === "record" && isPlain(def)) return ofRecord(def.valueType, members);
  return ownIssue(schema, value);
}

/** Rules beyond the form of the members, which only the schema itself can judge. */
function isPlain(def: z.core.$ZodObjectDef | z.core.$ZodRecordDef): boolean {
  const isOpen = def.type === "record" || def.catchall?._zod.def.type === "unknown";
  return isOpen && (def.checks ?? []).length === 0;
}

function ofList(schema: z.core.$ZodArray, value: readonly unknown[]): Issue | undefined {
  const { element } = schema._zod.def;
  for (const [index, item] of value.entries()) {
    const issue = firstIssue(element, item);
    if (issue !== undefined) return within(index, issue);
  }
  return ownIssue(withoutElements(schema), value);
}

const listRules = new WeakMap<Schema, Schema>();

/** The list's own rules, such as its length. */
function withoutElements(schema: z.core.$ZodArray): Schema {
  const known = listRules.get(schema);
  if (known !== undefined) return known;
  const rules = z.core.clone(schema, { ...schema._zod.def, element: z.unknown() });
  listRules.set(schema, rules);
  return rules;
}

function ofObject(
  shape: Readonly<Record<string, Schema>>,
  value: Readonly<Record<string, unknown>>,
): Issue | undefined {
  for (const [name, member] of Object.entries(shape)) {
    const issue = firstIssue(member, value[name]);
    if (issue !== undefined) return within(name, issue);
  }
  return undefined;
}

function ofRecord(member: Schema, value: Readonly<Record<string, unknown>>): Issue | undefined {
  for (const name in value) {
    const issue = firstIssue(member, value[name]);
    if (issue !== undefined) return within(name, issue);
  }
  return undefined;
}

function ofUnion(
  schema: Schema,
  { options, value }: { readonly options: readonly Schema[]; readonly value: unknown },
): Issue | undefined {
  let furthest: Issue | undefined;
  for (const option of options) {
    const issue = firstIssue(option, value);
    if (issue === undefined) return undefined;
    if (issue.path.length > (furthest?.path.length ?? 0)) furthest = issue;
  }
  // No variant got past the value itself, so the schema's own list is short.
  return furthest ?? ownIssue(schema, value);
}

function ownIssue(schema: Schema, value: unknown): Issue | undefined {
  const parsed = z.core.safeParse(schema, value);
  return parsed.success ? undefined : parsed.error.issues[0];
}

function within(name: string | number, issue: Issue): Issue {
  return { ...issue, path: [name, ...issue.path] };
}
