import { afterAll, expect, test } from "vitest";
import { createSchemaValidator } from "./schema-validator.ts";

const validator = createSchemaValidator({ timeoutMs: 400 });
afterAll(() => validator[Symbol.asyncDispose]());

const person = {
  type: "object",
  required: ["name"],
  properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
  additionalProperties: false,
};

test("a value that fits its schema is valid, nested properties and bounds included", async () => {
  await expect(validator.validate(person, { name: "Ada", age: 36 })).resolves.toEqual({ kind: "valid" });
});

test("a value that does not fit is named with the place of its fault", async () => {
  const outcome = await validator.validate(person, { name: "Ada", age: -1 });
  expect(outcome).toMatchObject({ kind: "invalid" });
  expect(JSON.stringify(outcome)).toContain("#/age");
});

test.each([
  ["prefixItems", { prefixItems: [{ type: "string" }], items: false }, ["a"], ["a", 1]],
  ["$defs and $ref", { $ref: "#/$defs/n", $defs: { n: { type: "number" } } }, 1, "1"],
  ["dependentRequired", { dependentRequired: { a: ["b"] } }, { a: 1, b: 1 }, { a: 1 }],
  ["unevaluatedProperties", { properties: { a: true }, unevaluatedProperties: false }, { a: 1 }, { b: 1 }],
  ["if/else", { if: { const: 2 }, else: false }, 2, 1],
  ["a schema that is false", false, undefined, 1],
])("draft 2020-12: %s is judged", async (_keyword, schema, good, bad) => {
  if (good !== undefined) expect((await validator.validate(schema, good)).kind).toBe("valid");
  expect((await validator.validate(schema, bad)).kind).toBe("invalid");
});

test("a pattern that runs away is ended, and the next validation works", async () => {
  const hostile = { type: "string", pattern: "^(a+)+$" };
  const outcomes = await Promise.all([
    validator.validate(hostile, `${"a".repeat(40)}!`),
    validator.validate(person, { name: "Grace" }),
  ]);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["too_expensive", "valid"]);
});

test("a schema with a reference to nowhere is refused, not taken for valid", async () => {
  const outcome = await validator.validate({ $ref: "#/$defs/missing" }, 1);
  expect(outcome.kind).toBe("bad_schema");
});

test("more than the queue holds is refused at once", async () => {
  await using small = createSchemaValidator({ maxWaiting: 1, timeoutMs: 2_000 });
  const outcomes = await Promise.all(
    [1, 2, 3].map((value) => small.validate(person, { name: String(value) })),
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual(["valid", "valid", "busy"]);
});
