import { expect, test } from "vitest";
import { z } from "zod";
import {
  outputFormatSchema,
  outputSchemaOf,
  outputSchemaSchema,
  shapeOptionsOf,
} from "./output-format-schema.ts";

const schema = { type: "object" };

test.each<[unknown, unknown]>([
  [{}, { type: "none", stripThink: false }],
  [
    { type: null, schema: null, max_tokens: null, strip_think: null },
    { type: "none", stripThink: false },
  ],
  [
    { type: "json", schema, max_tokens: 2, strip_think: true },
    { type: "json", schema, maxTokens: 2, stripThink: true },
  ],
  [{ schema: JSON.stringify(schema) }, { type: "none", schema, stripThink: false }],
  [
    { type: "xml", max_tokens: 0 },
    { type: "xml", stripThink: false },
  ],
])("S1d-17: output_format %j is read", (stated, options) => {
  expect(shapeOptionsOf(outputFormatSchema.parse(stated))).toEqual(options);
});

test.each<[unknown, string, RegExp]>([
  [{ type: "yaml" }, "type", /json/],
  [{ max_tokens: -1 }, "max_tokens", /./],
  [{ max_tokens: 1.5 }, "max_tokens", /./],
  [{ strip_think: "yes" }, "strip_think", /./],
  [{ format: "json" }, "", /format/],
  [{ schema: [] }, "schema", /must be a JSON Schema/],
  [{ schema: "{" }, "schema", /text that holds one/],
  [{ schema: { $ref: "https://x.example" } }, "schema", /`\/\$ref` points outside the schema/],
  [{ schema, type: "xml" }, "schema", /JSON only/],
  [{ schema: false, type: "text" }, "schema", /JSON only/],
])("S1d-17: output_format %j is refused", (stated, path, message) => {
  const issue = outputFormatSchema.safeParse(stated).error?.issues[0];
  expect(issue?.path.join(".")).toBe(path);
  expect(issue?.message).toMatch(message);
});

test("an output schema may be a text that holds one", () => {
  expect(outputSchemaOf(outputSchemaSchema.parse(' {"type":"object"} '))).toEqual(schema);
  expect(outputSchemaOf(outputSchemaSchema.parse(true))).toBe(true);
  expect(outputSchemaSchema.safeParse('"text"').success).toBe(false);
});

test("the API's description can be made of both", () => {
  expect(JSON.stringify(z.toJSONSchema(outputFormatSchema, { io: "input" }))).toContain('"strip_think"');
  expect(JSON.stringify(z.toJSONSchema(outputSchemaSchema, { io: "input" }))).toContain('"boolean"');
});
