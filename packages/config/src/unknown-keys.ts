import { closestName } from "./closest-name.ts";
import { formError, pathName, type Place, type UnknownKey } from "./form-issues.ts";
import {
  fileFormSchema,
  modelFormSchema,
  providerFormSchema,
  type FileForm,
} from "./product-config-schema.ts";

/** One sentence per unknown key, with the known key it may stand for. */
export function unknownKeyWarnings(unknownKeys: readonly UnknownKey[], place: Place): string[] {
  return unknownKeys.map((unknown) => {
    const { section, key } = unknown;
    const suggestion = closestName(key, sectionOf(unknown).known);
    const hint = suggestion === null ? "" : `; did you mean ${suggestion}?`;
    return `${place.source}: ${pathName([...section, key])} is not a known setting and is ignored${hint}`;
  });
}

/**
 * A misspelt optional key costs a warning; behind a misspelt required one only the missing key would be reported.
 * @throws ConfigError naming the key that was probably meant.
 */
export function refuseMisspeltRequiredKeys(
  unknownKeys: readonly UnknownKey[],
  { form, place }: { readonly form: FileForm; readonly place: Place },
): void {
  for (const unknown of unknownKeys) {
    const [list, index] = unknown.section;
    const entry = list === "providers" || list === "models" ? form[list]?.[Number(index)] : undefined;
    if (entry === undefined) continue;
    const { known, required } = sectionOf(unknown);
    const meant = closestName(unknown.key, known);
    const stated = new Map<string, unknown>(Object.entries(entry));
    const missing = required.find((names) => names.every((name) => (stated.get(name) ?? null) === null));
    if (meant === null || !missing?.includes(meant)) continue;
    throw formError([...unknown.section, unknown.key], {
      problem: `is not a known setting; did you mean ${meant}?`,
      place,
    });
  }
}

interface Section {
  readonly known: readonly string[];
  readonly required: readonly (readonly string[])[];
}

function sectionOf({ section }: UnknownKey): Section {
  const keysOf = (schema: { readonly shape: object }): string[] => Object.keys(schema.shape);
  const [list, , nested] = section;
  if (list === "providers" && nested === undefined) {
    return { known: keysOf(providerFormSchema), required: [["id", "name"], ["type"]] };
  }
  if (list === "models" && nested === undefined) {
    return { known: keysOf(modelFormSchema), required: [["id"], ["provider", "provider_id"]] };
  }
  if (list === undefined) return { known: keysOf(fileFormSchema), required: [] };
  return { known: nestedKeys[String(nested ?? list)] ?? [], required: [] };
}

const nestedKeys: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...Object.entries(fileFormSchema.shape), ...Object.entries(modelFormSchema.shape)].map(
    ([name, schema]) => [name, shapeKeys(schema)],
  ),
);

/** The keys of an optional section; empty for everything else. */
function shapeKeys(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  if ("shape" in schema && typeof schema.shape === "object" && schema.shape !== null)
    return Object.keys(schema.shape);
  return "unwrap" in schema && typeof schema.unwrap === "function" ? shapeKeys(schema.unwrap()) : [];
}
