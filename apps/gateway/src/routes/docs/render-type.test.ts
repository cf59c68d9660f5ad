import { expect, it } from "vitest";
import type { Schema } from "./open-api-document.ts";
import { renderType } from "./render-type.ts";

const cases: [phrase: string, schema: Schema][] = [
  ["string", { type: "string" }],
  ["string or null", { type: ["string", "null"] }],
  ["any", {}],
  [
    "integer (above 0) or null",
    { anyOf: [{ type: "integer", exclusiveMinimum: 0, maximum: 2 ** 53 - 1 }, { type: "null" }] },
  ],
  ["number (0 to 2)", { type: "number", minimum: 0, maximum: 2 }],
  ["number (at least 0, below 1)", { type: "number", minimum: 0, exclusiveMaximum: 1 }],
  ["integer", { type: "integer", minimum: -(2 ** 53 - 1), maximum: 2 ** 53 - 1 }],
  ["string (at least 1 character)", { type: "string", minLength: 1 }],
  [
    "array of string (1 to 2048 items)",
    { type: "array", items: { type: "string" }, minItems: 1, maxItems: 2048 },
  ],
  ["array of (string or null)", { type: "array", items: { type: ["string", "null"] } }],
  ["array of string or null", { anyOf: [{ type: "array", items: { type: "string" } }, { type: "null" }] }],
  ["string (exactly 3 characters)", { type: "string", minLength: 3, maxLength: 3 }],
  ["map of number", { type: "object", additionalProperties: { type: "number" } }],
  ["object", { type: "object", additionalProperties: {} }],
  ['"a" or "b" (default "a")', { type: "string", enum: ["a", "b"], default: "a" }],
  ['"list"', { type: "string", const: "list" }],
  ["string (date-time, matches ^2)", { type: "string", format: "date-time", pattern: "^2" }],
  ["string", { anyOf: [{ type: "string" }, { type: "string" }] }],
  ["A and object", { allOf: [{ $ref: "#/components/schemas/A" }, { type: "object" }] }],
  ["array of A", { type: "array", items: { $ref: "#/components/schemas/A" } }],
];

it.each(cases)("reads: %s", (phrase, schema) => {
  const shown = renderType(schema)
    .markup.replaceAll(/<[^>]*>/g, "")
    .replaceAll("&#34;", '"');
  expect(shown).toBe(phrase);
});

it("a name links to its schema on the page", () => {
  expect(renderType({ $ref: "#/components/schemas/A" }).markup).toBe('<a href="#schema-A">A</a>');
});
