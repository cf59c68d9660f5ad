import type { z } from "zod";
import { ConfigError } from "./config-error.ts";
import type { ConfigPath } from "./config-file.ts";

/** Keys that are in a file but not in its schema. */
export interface UnknownKey {
  /** Path of the section that contains the key. */
  readonly section: ConfigPath;
  readonly key: string;
}

/** How a message names the file and the place in it. */
export interface Place {
  readonly source: string;
  readonly locate?: (path: ConfigPath) => { readonly line: number; readonly column: number } | null;
}

/**
 * Parses `raw` with a schema of strict sections. Unknown keys are not an error: they are left out and listed.
 * @throws ConfigError for the first value of a wrong form.
 */
export function parseForm<Schema extends z.ZodType>(
  schema: Schema,
  { raw, place }: { readonly raw: unknown; readonly place: Place },
): { readonly form: z.output<Schema>; readonly unknownKeys: readonly UnknownKey[] } {
  const strict = schema.safeParse(raw);
  if (strict.success) return { form: strict.data, unknownKeys: [] };
  const wrong = strict.error.issues.find((issue) => issue.code !== "unrecognized_keys");
  if (wrong !== undefined) {
    const path = wrong.path.map((part) => (typeof part === "number" ? part : String(part)));
    throw formError(path, { problem: `${wrong.message}${describeFound(valueAt(raw, path), path)}`, place });
  }
  const unknownKeys = strict.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          section: issue.path.map((part) => (typeof part === "number" ? part : String(part))),
          key,
        }))
      : [],
  );
  return { form: schema.parse(without(raw, unknownKeys)), unknownKeys };
}

/** `config.yaml:12:5: models[2].weight <problem>.` */
export function formError(
  path: ConfigPath,
  { problem, place }: { readonly problem: string; readonly place: Place },
): ConfigError {
  const position = nearestPosition(path, place);
  const where = position === null ? place.source : `${place.source}:${position.line}:${position.column}`;
  const subject = path.length === 0 ? "the file" : pathName(path);
  return new ConfigError(`${where}: ${subject} ${problem}.`);
}

/** Where the value stands, or the closest section around it when the value is missing. */
function nearestPosition(
  path: ConfigPath,
  place: Place,
): { readonly line: number; readonly column: number } | null {
  for (let length = path.length; length > 0; length -= 1) {
    const position = place.locate?.(path.slice(0, length)) ?? null;
    if (position !== null) return position;
  }
  return null;
}

/** The path as an operator would write it: `models[2].weight`. */
export function pathName(path: ConfigPath): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === "number") return `${name}[${part}]`;
    return name === "" ? part : `${name}.${part}`;
  }, "");
}

/** Values of these settings are never repeated in a message. */
const sensitive = /key|dsn|header|secret|password|token|url|endpoint|option/i;

function describeFound(value: unknown, path: ConfigPath): string {
  if (value === undefined) return "";
  if (value === null) return ", but is empty";
  if (Array.isArray(value)) return ", but is a list";
  if (typeof value === "object") return ", but is a section";
  if (typeof value === "string" && value === "") return ", but is empty";
  const isShown = !path.some((part) => typeof part === "string" && sensitive.test(part));
  if (!isShown) return typeof value === "string" ? "" : `, but is a ${typeof value}`;
  return `, but is ${JSON.stringify(typeof value === "string" ? value.slice(0, 60) : value)}`;
}

function valueAt(raw: unknown, path: ConfigPath): unknown {
  let value = raw;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(part))?.[1];
  }
  return value;
}

/** A copy of plain data without the given keys. */
function without(raw: unknown, unknownKeys: readonly UnknownKey[]): unknown {
  const copy: unknown = structuredClone(raw);
  for (const { section, key } of unknownKeys) {
    const parent = valueAt(copy, section);
    if (typeof parent === "object" && parent !== null) Reflect.deleteProperty(parent, key);
  }
  return copy;
}
