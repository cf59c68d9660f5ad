import { strategySchema } from "@tokenhub/contracts";
import { isJsonObject, parseJson } from "../json-value.ts";
import { checkSchemaBounds } from "../output/check-schema-bounds.ts";
import { outputTypes } from "../output/output-type.ts";
import { directiveModes, type Directives } from "./directives.ts";

/** What a value says, or why it says nothing; the reason completes a sentence that begins with the key. */
export type ReadValue =
  | { readonly kind: "read"; readonly member: Directives }
  | { readonly kind: "bad"; readonly reason: string };

type Reader = (value: string) => ReadValue;

/** Highest values a directive may ask for. */
const maxBudgetUsd = 100;
const maxLatencyMs = 300_000;
const maxIterations = 5;
const maxModelLength = 256;

const readers = {
  mode: oneOf(directiveModes, (mode) => ({ mode })),
  strategy: oneOf(strategySchema.options, (strategy) => ({ strategy })),
  model: readModel,
  budget: number((budget) => ({ maxBudgetUsd: budget }), { above: 0, max: maxBudgetUsd }),
  latency: number((latency) => ({ maxLatencyMs: latency }), { above: 0, max: maxLatencyMs }),
  max_cost: number((maxCost) => ({ maxCostPer1kUsd: maxCost }), { min: 0 }),
  min_context: number((minContext) => ({ minContextTokens: minContext }), { min: 0, isInteger: true }),
  min_weight: number((minWeight) => ({ minWeight }), { min: 0 }),
  primary_min_weight: number((weight) => ({ primaryMinWeight: weight }), { min: 0 }),
  review_min_weight: number((weight) => ({ reviewMinWeight: weight }), { min: 0 }),
  iterations: number((iterations) => ({ iterations }), { min: 0, max: maxIterations, isInteger: true }),
  output_format: oneOf(outputTypes, (outputFormat) => ({ outputFormat })),
  output_schema: readSchema,
  include_decision: flag((includeDecision) => ({ includeDecision })),
  return_plan_only: flag((returnPlanOnly) => ({ returnPlanOnly })),
} satisfies Record<string, Reader>;

export type DirectiveKey = keyof typeof readers;

/** The keys a directive may hold, e.g. for the API's description. */
export const directiveKeys: readonly DirectiveKey[] = Object.keys(readers) as DirectiveKey[];

export function isDirectiveKey(key: string): key is DirectiveKey {
  return Object.hasOwn(readers, key);
}

/**
 * Reads the value of a known key.
 *
 * | key | value |
 * |---|---|
 * | `mode` | cheap, normal, high_confidence, planning, adversarial, vote, refine, thompson |
 * | `strategy` | a selection strategy |
 * | `model` | a model id or alias |
 * | `budget` | US dollars, 0 < x <= 100 |
 * | `latency` | milliseconds, 0 < x <= 300000 |
 * | `max_cost` | US dollars per 1,000 tokens, >= 0 |
 * | `min_context` | tokens, whole, >= 0 |
 * | `min_weight`, `primary_min_weight`, `review_min_weight` | >= 0 |
 * | `iterations` | whole, 0 to 5; 0: the mode's default |
 * | `output_format` | none, json, markdown, text, xml |
 * | `output_schema` | a JSON Schema |
 * | `include_decision`, `return_plan_only` | true, false |
 */
export function readValue(key: DirectiveKey, { value }: { readonly value: string }): ReadValue {
  const text = unquote(value);
  return text === null ? bad("has a quoted value that is not well-formed") : readers[key](text);
}

function bad(reason: string): ReadValue {
  return { kind: "bad", reason };
}

/** The value without its quotes, escapes as in JSON; null when the quotes are not well-formed. */
function unquote(value: string): string | null {
  if (!value.startsWith('"')) return value;
  const parsed = parseJson(value)?.value;
  return typeof parsed === "string" ? parsed : null;
}

function oneOf<Name extends string>(names: readonly Name[], build: (name: Name) => Directives): Reader {
  return (value) => {
    const name = names.find((candidate) => candidate === value);
    return name === undefined
      ? bad(`must be one of ${names.join(", ")}`)
      : { kind: "read", member: build(name) };
  };
}

interface Bounds {
  readonly min?: number;
  /** The value must be greater than this. */
  readonly above?: number;
  readonly max?: number;
  readonly isInteger?: boolean;
}

function number(build: (value: number) => Directives, bounds: Bounds): Reader {
  const { min, above, max, isInteger = false } = bounds;
  const limits = [
    ...(above === undefined ? [] : [`greater than ${above}`]),
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ];
  const reason = `must be a ${isInteger ? "whole number" : "number"} ${limits.join(" and ")}`;
  return (text) => {
    const value = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    const fits =
      Number.isFinite(value) &&
      (!isInteger || Number.isSafeInteger(value)) &&
      value >= (min ?? Number.NEGATIVE_INFINITY) &&
      value > (above ?? Number.NEGATIVE_INFINITY) &&
      value <= (max ?? Number.POSITIVE_INFINITY);
    // Adding 0 turns -0 into 0.
    return fits ? { kind: "read", member: build(value + 0) } : bad(reason);
  };
}

function flag(build: (value: boolean) => Directives): Reader {
  return (text) =>
    text === "true" || text === "false"
      ? { kind: "read", member: build(text === "true") }
      : bad("must be true or false");
}

function readModel(text: string): ReadValue {
  if (!/^[^\s\p{Cc}]+$/u.test(text) || text.length > maxModelLength)
    return bad(`must be a model id or alias of at most ${maxModelLength} characters without spaces`);
  return { kind: "read", member: { model: text } };
}

function readSchema(text: string): ReadValue {
  const schema = parseJson(text)?.value;
  if (!isJsonObject(schema) && typeof schema !== "boolean")
    return bad("must be a JSON Schema, written as a JSON object");
  const refusal = checkSchemaBounds(schema);
  // The pointer would repeat names out of the value.
  return refusal === null
    ? { kind: "read", member: { outputSchema: schema } }
    : bad(`is not a usable schema: it ${refusal.problem}`);
}
