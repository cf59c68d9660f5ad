import {
  anthropicMessagesRequestSchema,
  openAiChatRequestSchema,
  openAiEmbeddingsRequestSchema,
} from "@tokenhub/contracts/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { firstIssue } from "./first-issue.ts";

const contracts: readonly { readonly name: string; readonly schema: z.ZodObject; readonly valid: object }[] =
  [
    {
      name: "chat",
      schema: openAiChatRequestSchema,
      valid: {
        messages: [
          { role: "user", content: [{ type: "text", text: "x" }] },
          { role: "assistant", tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }] },
        ],
        tools: [{ type: "function", function: { name: "f", parameters: {} } }],
        stop: ["x"],
        logit_bias: { "1": 2 },
        metadata: { a: "b" },
      },
    },
    {
      name: "messages",
      schema: anthropicMessagesRequestSchema,
      valid: {
        max_tokens: 5,
        messages: [{ role: "user", content: [{ type: "text", text: "x" }] }],
        system: [{ type: "text", text: "x" }],
        tools: [{ name: "f", input_schema: {} }],
        metadata: { user_id: null },
      },
    },
    {
      name: "embeddings",
      schema: openAiEmbeddingsRequestSchema,
      valid: { input: [[1, 2], [3]], dimensions: 5 },
    },
  ];

/** Some place in a value, and what to put there. */
const damage = fc.record({
  steps: fc.array(fc.nat(5), { maxLength: 6 }),
  value: fc.oneof(
    fc.constantFrom(undefined, null, "", "x", "user", "text", 0, 1, -1, 1.5, 1e300, true, [], {}, [[]], [{}]),
    fc.jsonValue({ maxDepth: 2 }),
  ),
});

function damaged(value: unknown, steps: readonly number[], replacement: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== "object" || value === null) return replacement;
  const copy: unknown = structuredClone(value);
  const keys = Object.keys(value);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return replacement;
  const inner = damaged((value as Record<string, unknown>)[key], rest, replacement);
  if (inner === undefined) delete (copy as Record<string, unknown>)[key];
  else (copy as Record<string, unknown>)[key] = inner;
  return copy;
}

describe.each(contracts)("the first fault of a body for $name", ({ schema, valid }) => {
  it("is none for a valid body", () => {
    expect(firstIssue(schema, valid)).toBeUndefined();
  });

  it("exists exactly when the schema finds one", () => {
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const body = damages.reduce<unknown>(
          (value, { steps, value: put }) => damaged(value, steps, put),
          valid,
        );
        expect(firstIssue(schema, body) === undefined).toBe(schema.safeParse(body).success);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("the first fault", () => {
  it("carries the whole path, through lists and the variant that gets furthest", () => {
    const body = {
      messages: [
        { role: "user", content: "x" },
        { role: "user", content: [{ type: "text" }, 5] },
      ],
    };
    expect(firstIssue(openAiChatRequestSchema, body)?.path).toEqual(["messages", 1, "content", 1]);
    expect(firstIssue(openAiChatRequestSchema, { messages: [{ role: "user", content: 5 }] })?.path).toEqual([
      "messages",
      0,
      "content",
    ]);
  });

  it.each([
    { what: "wrong messages", schema: openAiChatRequestSchema, body: { messages: manyOf(1) } },
    {
      what: "wrong parts",
      schema: openAiChatRequestSchema,
      body: { messages: [{ role: "user", content: manyOf(1) }] },
    },
    { what: "tokens", schema: openAiEmbeddingsRequestSchema, body: { input: manyOf(1) } },
  ])("of a million $what takes no list of a million faults", ({ schema, body }) => {
    const startedAtMs = performance.now();
    firstIssue(schema, body);
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  });
});

function manyOf(value: number): number[] {
  return Array.from({ length: 1_000_000 }, () => value);
}
