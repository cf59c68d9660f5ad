import fc from "fast-check";
import type { Parameter } from "./open-api-operations.ts";
import { strangeText } from "./json-damage.ts";
import { valueOf, type SchemaValues } from "./value-of-schema.ts";

/** Segments as they stand in a request line, encoded or deliberately not. */
const strangeSegment = fc.oneof(
  fc.constantFrom(
    "",
    ".",
    "..",
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "a%2Fb",
    "a/b/c",
    "%00",
    "%ff",
    "%",
    "%zz",
    "%E2%80%A8",
    "%ED%A0%80",
    "__proto__",
    "constructor",
    "toString",
    "*",
    "a%20b",
    "a;b=c",
    "a&b",
    "é",
    "-1",
    "0",
    "null",
    "undefined",
    "'%20OR%201=1--",
    "x".repeat(3_000),
    "%25".repeat(50),
  ),
  strangeText.map(encode),
);

const pathDamage: fc.Arbitrary<(path: string) => string> = fc.constantFrom<((path: string) => string)[]>(
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.replace(/.$/, "/$&"),
  (path) => path.toUpperCase(),
  (path) => path.replace("/v1", "/v1/."),
  (path) => path.replace("/v1", "/v1/../v1"),
  (path) => `${path}%20`,
  (path) => `${path}/extra`,
  (path) => path.replaceAll("a", "%61"),
  (path) => path.slice(0, -1),
);

export interface PathValues extends SchemaValues {
  /** Arbitraries of ids that a path may name, by the first segment of the resource. */
  readonly idOf: (template: string) => fc.Arbitrary<string>;
}

/** A path of the template with ids that exist, ids that do not, and sometimes damage. */
export function pathsOf(template: string, { idOf }: PathValues): fc.Arbitrary<string> {
  const pieces = template.split(/\{[^}]+\}/);
  const id = fc.oneof({ weight: 7, arbitrary: idOf(template) }, { weight: 2, arbitrary: strangeSegment });
  const whole = fc
    .array(id, { minLength: pieces.length - 1, maxLength: pieces.length - 1 })
    .map((ids) => pieces.map((piece, index) => piece + (ids[index] ?? "")).join(""));
  return fc.oneof(
    { weight: 20, arbitrary: whole },
    { weight: 1, arbitrary: fc.tuple(whole, pathDamage).map(([path, damage]) => damage(path)) },
  );
}

const strangePair = fc.oneof(
  fc.constantFrom(
    "limit=-1",
    "limit=1e9",
    "limit=1&limit=2",
    "limit[]=1",
    "limit[a]=b",
    "offset=99999999999999999999",
    "__proto__[polluted]=1",
    "constructor[prototype][polluted]=1",
    "a[b][c][d][e][f][g]=1",
    "%",
    "%ff=%ff",
    "=",
    "&&&",
    "q=%00",
    "q=%ED%A0%80",
    "text=%25_%5C",
    "from=0000-00-00T00:00:00Z",
    "to=9999-12-31T23:59:59Z",
    "from=-271821-04-20T00:00:00Z",
    "sort=__proto__",
    `q=${"x".repeat(4_000)}`,
    "after=9007199254740993",
  ),
  fc.tuple(strangeText, strangeText).map(([name, value]) => `${encode(name)}=${encode(value)}`),
);

/** Optional by the description, but nothing is answered without them. */
const nearlyRequired = new Set(["metric"]);

/** A query of the parameters an operation knows, of others, or none; with its `?`. */
export function queriesOf(parameters: readonly Parameter[], values: SchemaValues): fc.Arbitrary<string> {
  const pairOf = (parameter: Parameter): fc.Arbitrary<string> => pairsOf(parameter, values);
  const always = fc.tuple(...parameters.filter(({ name }) => nearlyRequired.has(name)).map(pairOf));
  const others = parameters.filter(({ name }) => !nearlyRequired.has(name)).map(pairOf);
  // Each once: a parameter that is stated twice is one of the strange ones.
  const some = fc
    .shuffledSubarray(others, { maxLength: Math.min(others.length, 4) })
    .chain((chosen) => fc.tuple(...chosen));
  const strange = fc.oneof(
    { weight: 5, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: strangePair.map((pair) => [pair]) },
  );
  return fc.tuple(always, some, strange).map((parts) => {
    const pairs = parts.flat();
    return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  });
}

function pairsOf({ name, schema }: Parameter, values: SchemaValues): fc.Arbitrary<string> {
  const known = values.known[name];
  const fitting = valueOf(schema, values);
  const value =
    known === undefined
      ? fitting
      : fc.oneof({ weight: 2, arbitrary: known }, { weight: 1, arbitrary: fitting });
  return fc
    .oneof({ weight: 8, arbitrary: value }, { weight: 1, arbitrary: strangeText })
    .map((given) => `${name}=${encode(String(given))}`);
}

/** As a browser would; lone surrogates become replacement characters. Placeholders stay as they are. */
export function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(/%7E|~/g, "~");
}
