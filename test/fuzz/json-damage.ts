import fc from "fast-check";

/** Texts that code tends to stumble over. */
export const strangeText = fc.oneof(
  fc.constantFrom(
    "",
    "\u0000",
    "\ud800",
    "\r\n",
    "__proto__",
    "constructor",
    "toString",
    "../..",
    "%00",
    "auto",
    "*",
    "fast",
    "data:image/png;base64,%%%",
    "🙂".repeat(50),
    "\udc00 alone",
    "line\u2028and\u2029paragraph",
    "\u202egnirts",
    "prototype",
    "hasOwnProperty",
    "then",
    "1e400",
    "null",
    "' OR 1=1 --",
    "%_\\",
    "a".repeat(3_000),
  ),
  fc.string({ maxLength: 20 }),
);
/** `depth` lists around nothing. */
const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce<unknown>((inner) => [inner], null);

/** Values of every type, most of them where nothing expects them. */
export const strangeValue: fc.Arbitrary<unknown> = fc.oneof(
  strangeText,
  fc.constantFrom(
    null,
    true,
    false,
    0,
    -1,
    0.1,
    1e21,
    -1e-9,
    Number.MAX_SAFE_INTEGER,
    1e308,
    2 ** 63,
    5e-324,
    [],
    {},
    [null],
    [[]],
    {
      type: "text",
    },
  ),
  fc.constantFrom(nested(40), nested(190), nested(400), { length: 1e9 }, { toString: null }, { toJSON: 1 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.object({
    maxDepth: 2,
    key: fc.constantFrom("type", "text", "content", "role", "id", "name", "function"),
  }),
);

/** Changes the member `key` of an object or list. */
type Change = (holder: Record<string, unknown>, key: string) => void;

const change: fc.Arbitrary<Change> = fc.oneof(
  strangeValue.map((value): Change => (holder, key) => {
    // A copy, because further changes may go into it.
    holder[key] = structuredClone(value);
  }),
  fc.constant<Change>((holder, key) => void Reflect.deleteProperty(holder, key)),
  fc.constant<Change>((holder, key) => {
    holder[key] = [holder[key]];
  }),
  fc.constant<Change>((holder, key) => {
    holder[key] = { [key]: holder[key] };
  }),
  fc.constant<Change>((holder, key) => {
    if (Array.isArray(holder[key])) holder[key] = [...holder[key], ...holder[key]];
    else holder[key] = JSON.stringify(holder[key]) ?? "";
  }),
  strangeText.map((name): Change => (holder, key) => {
    // As `JSON.parse` would: an own member, whatever its name.
    const value = holder[key];
    Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
  }),
);

/** Walks down by the steps and changes what is there. */
function changeAt(root: object, steps: readonly number[], apply: Change): void {
  let holder = root as Record<string, unknown>;
  for (const [position, step] of steps.entries()) {
    const keys = Object.keys(holder);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) return;
    const inner = holder[key];
    if (position === steps.length - 1 || typeof inner !== "object" || inner === null) {
      if (!Array.isArray(holder) || Number(key) < holder.length) apply(holder, key);
      return;
    }
    holder = inner as Record<string, unknown>;
  }
}

/** One to three changes anywhere in a body. */
export const changes: fc.Arbitrary<Changes> = fc.array(
  fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }), change),
  {
    minLength: 1,
    maxLength: 3,
  },
);

export type Changes = readonly (readonly [steps: readonly number[], apply: Change])[];

/** A changed copy of a body. */
export function withChanges(body: object, applied: Changes): object {
  const copy = structuredClone(body);
  for (const [steps, apply] of applied) changeAt(copy, steps, apply);
  return copy;
}

/** Damage to the bytes of a body. */
export interface Cut {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}
export const cuts: fc.Arbitrary<readonly Cut[]> = fc.array(
  fc.record({
    at: fc.nat(),
    remove: fc.nat(3),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc
        .constantFrom('"', "{", "}", "[", "]", ",", ":", "\\", "\\u12", "e9", "-", "null")
        .map((text) => Buffer.from(text)),
    ),
  }),
  { maxLength: 3 },
);

/** Damaged bytes of a body. */
export function withCuts(bytes: Buffer, damage: readonly Cut[]): Buffer {
  return damage.reduce((current, { at, remove, insert }) => {
    const start = at % (current.length + 1);
    return Buffer.concat([current.subarray(0, start), insert, current.subarray(start + remove)]);
  }, bytes);
}
