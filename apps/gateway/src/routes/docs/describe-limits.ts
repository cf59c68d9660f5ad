import type { Schema } from "./open-api-document.ts";

/** What a value must keep to besides its type, in a few words each, e.g. `0 to 2`, `at least 1 item`, `default "normal"`. */
export function describeLimits(schema: Schema): string[] {
  const { format, pattern, default: preset } = schema;
  return [
    ...(format === undefined ? [] : [format]),
    ...range(lowest(schema), { highest: highest(schema), unit: "" }),
    ...range(bound(schema.minLength), { highest: bound(schema.maxLength), unit: "character" }),
    ...range(bound(schema.minItems), { highest: bound(schema.maxItems), unit: "item" }),
    ...(pattern === undefined ? [] : [`matches ${pattern}`]),
    ...(preset === undefined ? [] : [`default ${JSON.stringify(preset)}`]),
  ];
}

interface Bound {
  readonly value: number;
  readonly isExclusive: boolean;
}

function bound(value: number | undefined, isExclusive = false): Bound | null {
  // The ends of the safe integers are no limit anybody chose.
  return value === undefined || Math.abs(value) === Number.MAX_SAFE_INTEGER ? null : { value, isExclusive };
}

function lowest({ minimum, exclusiveMinimum }: Schema): Bound | null {
  return bound(exclusiveMinimum, true) ?? bound(minimum);
}

function highest({ maximum, exclusiveMaximum }: Schema): Bound | null {
  return bound(exclusiveMaximum, true) ?? bound(maximum);
}

function range(
  from: Bound | null,
  { highest: to, unit }: { readonly highest: Bound | null; readonly unit: string },
): string[] {
  const inUnits = ({ value }: Bound): string =>
    unit === "" ? String(value) : `${value} ${unit}${value === 1 ? "" : "s"}`;
  if (from !== null && to !== null && !from.isExclusive && !to.isExclusive)
    return [from.value === to.value ? `exactly ${inUnits(to)}` : `${from.value} to ${inUnits(to)}`];
  return [
    ...(from === null ? [] : [`${from.isExclusive ? "above" : "at least"} ${inUnits(from)}`]),
    ...(to === null ? [] : [`${to.isExclusive ? "below" : "at most"} ${inUnits(to)}`]),
  ];
}
