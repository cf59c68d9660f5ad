import { describe, expect, it } from "vitest";
import { z } from "zod";
import { exampleOfSchema } from "./example-of-schema.ts";

const tree = {
  $defs: {
    node: {
      type: "object",
      properties: {
        value: { type: "integer" },
        children: { type: "array", items: { $ref: "#/$defs/node" } },
        next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
      },
      required: ["value", "children", "next"],
      additionalProperties: false,
    },
  },
  $ref: "#/$defs/node",
};

describe("an example of a schema", () => {
  it.each([
    ["a string", { type: "string" }],
    ["a string with length bounds", { type: "string", minLength: 8, maxLength: 9 }],
    ["a short string", { type: "string", maxLength: 2 }],
    ["a string format", { type: "string", format: "date-time" }],
    ["an email", { type: "string", format: "email" }],
    ["a uuid", { type: "string", format: "uuid" }],
    ["an integer in bounds", { type: "integer", minimum: 7, maximum: 9 }],
    ["an integer above an open bound", { type: "integer", exclusiveMinimum: 5 }],
    ["a negative integer", { type: "integer", maximum: -3 }],
    ["a multiple", { type: "integer", multipleOf: 5, minimum: 12 }],
    ["a number between open bounds", { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 0.5 }],
    ["a number from 0 to 0.5", { type: "number", minimum: 0, maximum: 0.5 }],
    ["a boolean", { type: "boolean" }],
    ["null", { type: "null" }],
    ["a nullable string", { type: ["string", "null"] }],
    ["an enum", { type: "string", enum: ["x", "y"] }],
    ["a const", { const: 42 }],
    ["a list", { type: "array", items: { type: "string" }, minItems: 2, maxItems: 3 }],
    ["a list that stays empty", { type: "array", items: { type: "string" }, maxItems: 0 }],
    ["a tuple", { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }] }],
    [
      "alternatives",
      { anyOf: [{ type: "null" }, { type: "object", properties: { a: { type: "string" } } }] },
    ],
    [
      "parts of one object",
      {
        allOf: [
          { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
          { type: "object", properties: { b: { type: "number" } }, required: ["b"] },
        ],
      },
    ],
    [
      "nested objects",
      {
        type: "object",
        properties: {
          user: { type: "object", properties: { age: { type: "integer", minimum: 18 } }, required: ["age"] },
          tags: { type: "array", items: { type: "string", enum: ["a", "b"] } },
        },
        required: ["user", "tags"],
        additionalProperties: false,
      },
    ],
    ["a recursive definition", tree],
  ])("satisfies %s, judged by another implementation", (_, schema) => {
    const example: unknown = JSON.parse(JSON.stringify(exampleOfSchema(schema)));
    const verdict = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(example);
    expect(verdict.error?.issues ?? []).toEqual([]);
  });

  it("is an end to a schema that only refers to itself", () => {
    expect(exampleOfSchema({ $ref: "#" })).toBeNull();
  });

  it("takes anything that is no schema for null", () => {
    expect([undefined, null, true, 3, "x"].map(exampleOfSchema)).toEqual([null, null, null, null, null]);
  });
});
