import { describe, expect, it } from "vitest";
import { listFields } from "./list-fields.ts";
import type { Schema, Schemas } from "./open-api-document.ts";

const text: Schema = { type: "string" };
const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

function namesOf(schema: Schema, options: { schemas?: Schemas; maxDepth?: number } = {}): string[] {
  const { schemas = {}, ...rest } = options;
  return listFields(schema, { schemas, ...rest }).map(
    ({ parents, name, isRequired, isCut }) =>
      `${parents}${name}${isRequired ? "!" : ""}${isCut ? "..." : ""}`,
  );
}

describe("the fields of a schema", () => {
  it("come in its order, each followed by its members with the whole path", () => {
    const schema: Schema = {
      type: "object",
      properties: {
        messages: {
          type: "array",
          items: { type: "object", properties: { role: text, parts: { type: "array", items: text } } },
        },
        options: { type: "object", properties: { deep: { type: "object", properties: { end: text } } } },
        last: text,
      },
      required: ["messages", "last"],
    };
    expect(namesOf(schema)).toEqual([
      "messages!",
      "messages[].role",
      "messages[].parts",
      "options",
      "options.deep",
      "options.deep.end",
      "last!",
    ]);
  });

  it("are those of every alternative", () => {
    const schema: Schema = {
      anyOf: [
        text,
        { type: "array", items: { type: "object", properties: { type: text }, required: ["type"] } },
        { oneOf: [{ type: "object", properties: { url: text } }] },
        { allOf: [{ type: "object", properties: { base: text } }] },
        { type: "null" },
      ],
    };
    expect(namesOf(schema)).toEqual(["[].type!", "url", "base"]);
  });

  it("include the members of a map's values under a star, when those have any", () => {
    expect(namesOf({ type: "object", additionalProperties: text })).toEqual([]);
    expect(
      namesOf({ properties: { byName: { additionalProperties: { properties: { size: text } } } } }),
    ).toEqual(["byName", "byName.*.size"]);
  });
});

describe("references", () => {
  it("are followed, also through several names", () => {
    const schemas = { A: reference("B"), B: { type: "object", properties: { inside: text } } };
    expect(namesOf({ properties: { a: reference("A") } }, { schemas })).toEqual(["a", "a.inside"]);
  });

  it("into a schema that is being listed already are not followed again", () => {
    const schemas: Schemas = {
      Node: {
        type: "object",
        properties: { value: text, children: { type: "array", items: reference("Node") } },
      },
      Self: reference("Self"),
    };
    expect(namesOf(reference("Node"), { schemas })).toEqual(["value", "children"]);
    expect(
      namesOf({ properties: { left: reference("Node"), right: reference("Node") } }, { schemas }),
    ).toEqual(["left", "left.value", "left.children", "right", "right.value", "right.children"]);
    expect(namesOf(reference("Self"), { schemas })).toEqual([]);
  });

  it("to nothing, or to names of every object, give no fields", () => {
    for (const name of ["Missing", "toString", "__proto__"]) expect(namesOf(reference(name))).toEqual([]);
    expect(namesOf({ $ref: "https://example.com/schema" })).toEqual([]);
  });
});

describe("depth", () => {
  const nested = (levels: number): Schema =>
    levels === 0 ? text : { type: "object", properties: { in: nested(levels - 1) } };

  it("is limited, and a field whose members were left out says so", () => {
    expect(namesOf(nested(4), { maxDepth: 2 })).toEqual(["in", "in.in..."]);
    expect(namesOf(nested(2), { maxDepth: 2 })).toEqual(["in", "in.in"]);
  });

  it("costs no more than what is shown and one level, however deep the schema is", () => {
    const startedAtMs = performance.now();
    const doubling = Object.fromEntries(
      Array.from({ length: 60 }, (_, level) => [
        `L${level}`,
        { type: "object", properties: { a: reference(`L${level + 1}`), b: reference(`L${level + 1}`) } },
      ]),
    );
    expect(listFields(reference("L0"), { schemas: doubling })).toHaveLength(2 + 4 + 8 + 16 + 32);
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  });
});
