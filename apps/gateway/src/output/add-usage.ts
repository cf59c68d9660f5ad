import type { JsonObject } from "../sync/generation-endpoint.ts";

/** An answer's usage plus that of an earlier one: the numbers of both are added, also in nested details. */
export function addUsage(answer: JsonObject, earlier: JsonObject): JsonObject {
  const usage = sumOf(answer["usage"], earlier["usage"]);
  return usage === undefined ? answer : { ...answer, usage };
}

function sumOf(left: unknown, right: unknown): unknown {
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (!isObject(left) || !isObject(right)) return left ?? right;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Object.fromEntries([...names].map((name) => [name, sumOf(left[name], right[name])]));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
