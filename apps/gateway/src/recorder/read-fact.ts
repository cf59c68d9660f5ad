import { factSchema, type Fact } from "@tokenhub/contracts";

/** A fact, or why this release cannot use what the stream holds. The reason names places, never content. */
export type ReadFact =
  | { readonly kind: "fact"; readonly fact: Fact }
  | { readonly kind: "unreadable"; readonly reason: string };

/**
 * Reads one entry of the fact stream: the field `fact`, into which the field `result` goes when there is one.
 * @param fields names and values in turns, as Redis gives them.
 */
export function readFact(fields: readonly string[]): ReadFact {
  let value: unknown;
  try {
    value = assemble(fields);
  } catch {
    // Whoever wrote it speaks another language; the reason is all that can be said.
    return { kind: "unreadable", reason: "it is not JSON" };
  }
  const parsed = factSchema.safeParse(value);
  if (parsed.success) return { kind: "fact", fact: parsed.data };
  const path = parsed.error.issues[0]?.path.map(String).join(".") ?? "";
  return { kind: "unreadable", reason: `${describe(value)} does not fit this release at "${path}"` };
}

function assemble(fields: readonly string[]): unknown {
  const fact: unknown = JSON.parse(fieldOf(fields, "fact") ?? "null");
  const result = fieldOf(fields, "result");
  return result === null ? fact : { ...(fact as object), result: JSON.parse(result) as unknown };
}

function fieldOf(fields: readonly string[], name: string): string | null {
  for (let index = 0; index + 1 < fields.length; index += 2)
    if (fields[index] === name) return fields[index + 1] ?? null;
  return null;
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return "it";
  const { type, v } = value as Readonly<Record<"type" | "v", unknown>>;
  const name = typeof type === "string" && /^[a-z-]{1,40}$/.test(type) ? type : "a fact";
  return typeof v === "number" ? `${name} of version ${v}` : name;
}
