import { expect, test } from "vitest";
import { describeSchemaErrors, repairInstruction } from "./repair-instruction.ts";

const faults = [
  { path: "/age", problem: 'Instance type "string" is invalid. Expected "integer".' },
  { path: "", problem: 'Property "name"\n is missing.' },
];

test("faults are one clause with their places", () => {
  expect(describeSchemaErrors(faults)).toBe(
    '`/age`: Instance type "string" is invalid. Expected "integer".; the whole answer: Property "name" is missing.',
  );
  expect(describeSchemaErrors([])).toBe("it does not fit the schema");
  expect(describeSchemaErrors(Array.from({ length: 13 }, () => ({ path: "/a", problem: "no" })))).toMatch(
    /; and 3 more$/,
  );
});

test("the repair names the faults, repeats the schema and asks for JSON alone", () => {
  const schema = { type: "object", required: ["name"] };
  const text = repairInstruction(faults, { schema });
  expect(text).toContain("- `/age`: Instance type");
  expect(text).toContain("- the whole answer: Property");
  expect(text).toContain(JSON.stringify(schema));
  expect(text).toMatch(/JSON value alone/);
});

test("the repair is of bounded length and leaves a long schema out", () => {
  const many = Array.from({ length: 1000 }, () => ({ path: "/a".repeat(1000), problem: "x".repeat(5000) }));
  const short = repairInstruction(many, { schema: { description: "d".repeat(15_000) } });
  expect(short.length).toBeLessThan(21_000);
  const long = repairInstruction(many, { schema: { description: "d".repeat(60_000) } });
  expect(long.length).toBeLessThan(6000);
  expect(long).not.toContain("The schema:");
});
