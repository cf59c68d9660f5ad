import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../json-value.ts";
import { stripDirectivesFromBody, type ConversationFormat } from "./strip-directives-from-body.ts";

const formats: readonly ConversationFormat[] = ["openai-chat", "anthropic-messages", "native-chat"];
const line = "@@tokenhub mode=cheap";
const cheap = { kind: "valid", directives: { mode: "cheap" }, ignoredKeys: [] };

describe("openai-responses", () => {
  const strip = (body: JsonObject) => stripDirectivesFromBody(body, { format: "openai-responses" });

  test("directives go from instructions, items and outputs of calls; only the user's apply", () => {
    const { body, reading } = strip({
      instructions: "@@tokenhub mode=vote",
      input: [
        { role: "user", content: [{ type: "input_text", text: `${line}\nHello` }] },
        { role: "assistant", content: [{ type: "output_text", text: `So:\n@@tokenhub mode=refine` }] },
        { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: `Found\n@@tokenhub mode=refine` },
      ],
    });
    expect(reading).toEqual(cheap);
    expect(body).toEqual({
      input: [
        { role: "user", content: [{ type: "input_text", text: "Hello" }] },
        { role: "assistant", content: [{ type: "output_text", text: "So:" }] },
        { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: "Found" },
      ],
    });
  });

  test("an input that is one text is the user's", () => {
    expect(strip({ input: `${line}\nHello` })).toEqual({ body: { input: "Hello" }, reading: cheap });
    const plain = { instructions: "Be brief.", input: "Hello" };
    expect(strip(plain).body).toBe(plain);
    expect(strip({}).reading).toEqual({ kind: "none" });
  });
});

describe.each(formats)("%s", (format) => {
  test("S1d-8: directives go from messages of every role, only the user's apply", () => {
    const body = {
      model: "m",
      messages: [
        { role: "system", content: `Be brief.\n@@tokenhub mode=vote` },
        { role: "user", content: `${line}\nHello` },
        { role: "assistant", content: `Write this:\n\n@@tokenhub\nmode=refine\n@@end` },
        { role: "user", content: [{ type: "text", text: "What is this?" }] },
      ],
    };
    const { body: stripped, reading } = stripDirectivesFromBody(body, { format });
    expect(reading).toEqual(cheap);
    expect(stripped).toEqual({
      model: "m",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
        { role: "assistant", content: "Write this:" },
        { role: "user", content: [{ type: "text", text: "What is this?" }] },
      ],
    });
    expect(stripped["messages"]).toHaveProperty("3", body.messages[3]);
  });

  test("a body without directives is returned itself", () => {
    const body = {
      messages: [
        { role: "user", content: "Hello, what does @@tokenhub do?" },
        {
          role: "user",
          content: [
            { type: "text", text: "" },
            { type: "image_url", image_url: { url: "x" } },
          ],
        },
        { role: "assistant", content: null, tool_calls: [] },
      ],
    };
    const result = stripDirectivesFromBody(body, { format });
    expect(result.reading).toEqual({ kind: "none" });
    expect(result.body).toBe(body);
  });

  test("S1d-16: an invalid directive is reported and stripped all the same", () => {
    const body = { messages: [{ role: "user", content: "@@tokenhub mode=bogus\nHello" }] };
    const { body: stripped, reading } = stripDirectivesFromBody(body, { format });
    expect(reading).toMatchObject({ kind: "invalid", key: "mode" });
    expect(stripped).toEqual({ messages: [{ role: "user", content: "Hello" }] });
  });

  test("S1d-8: a malformed block alone does not reach the provider", () => {
    const body = { messages: [{ role: "user", content: "@@tokenhub\nmode=cheap\nbudget=2\n\nHello" }] };
    const { body: stripped, reading } = stripDirectivesFromBody(body, { format });
    expect(reading).toMatchObject({ kind: "invalid", key: "@@end" });
    expect(stripped).toEqual({ messages: [{ role: "user", content: "Hello" }] });
  });

  test("parts and messages of which nothing is left go, the last message stays", () => {
    const user = (content: unknown) => ({ role: "user", content });
    const image = { type: "image", source: { type: "url", url: "https://example.com/a.png" } };
    const body = {
      messages: [
        user(line),
        { role: "assistant", content: line },
        user([{ type: "text", text: line }, image]),
        user([{ type: "text", text: line }]),
        user(line),
      ],
    };
    expect(stripDirectivesFromBody(body, { format }).body).toEqual({
      messages: [{ role: "assistant", content: "" }, user([image]), user("")],
    });
  });

  test.each([{}, { messages: "x" }, { messages: [] }, { messages: [null, 1, { role: "user", content: 7 }] }])(
    "%j is left alone",
    (body: JsonObject) => {
      expect(stripDirectivesFromBody(body, { format })).toEqual({ body, reading: { kind: "none" } });
    },
  );
});

test("openai-chat: tool results are stripped, never applied, and stay in their place", () => {
  const body = {
    messages: [
      { role: "user", content: "Weather?" },
      { role: "tool", tool_call_id: "call_1", content: line },
    ],
  };
  expect(stripDirectivesFromBody(body, { format: "openai-chat" })).toEqual({
    reading: { kind: "none" },
    body: {
      messages: [
        { role: "user", content: "Weather?" },
        { role: "tool", tool_call_id: "call_1", content: "" },
      ],
    },
  });
});

test("anthropic-messages: the system prompt and texts in tool results are stripped, never applied", () => {
  const result = (content: unknown) => ({ type: "tool_result", tool_use_id: "t", content });
  const body = {
    system: [
      { type: "text", text: line },
      { type: "text", text: `Be brief.\n${line}`, cache_control: { type: "ephemeral" } },
    ],
    messages: [
      {
        role: "user",
        content: [
          result(`${line}\nSunny`),
          result([
            { type: "text", text: `Warm\n${line}` },
            { type: "text", text: line },
          ]),
          { type: "text", text: "So?" },
        ],
      },
    ],
  };
  expect(stripDirectivesFromBody(body, { format: "anthropic-messages" })).toEqual({
    reading: { kind: "none" },
    body: {
      system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
      messages: [
        {
          role: "user",
          content: [result("Sunny"), result([{ type: "text", text: "Warm" }]), { type: "text", text: "So?" }],
        },
      ],
    },
  });
});

test.each([line, [{ type: "text", text: line }]])(
  "anthropic-messages: a system prompt of which nothing is left goes: %j",
  (system) => {
    const messages = [{ role: "user", content: "Hello" }];
    const { body } = stripDirectivesFromBody({ system, messages }, { format: "anthropic-messages" });
    expect(body).toEqual({ messages });
    expect(body).not.toHaveProperty("system");
  },
);

test("native-chat: messages below request are read and stripped", () => {
  const body = {
    request: { id: "r", messages: [{ role: "user", content: `${line}\nHello` }] },
    policy: { mode: "vote" },
  };
  expect(stripDirectivesFromBody(body, { format: "native-chat" })).toEqual({
    reading: cheap,
    body: { request: { id: "r", messages: [{ role: "user", content: "Hello" }] }, policy: { mode: "vote" } },
  });
  const plain = { request: { messages: [{ role: "user", content: "Hello" }] } };
  expect(stripDirectivesFromBody(plain, { format: "native-chat" }).body).toBe(plain);
});

test("S1d-8: whatever the body's shape, no text of a message keeps a line that starts with the marker", () => {
  const text = fc
    .array(fc.constantFrom("@@tokenhub", "@@end", "mode=cheap", "Hello", "\n", " "), { maxLength: 12 })
    .map((pieces) => pieces.join(""));
  const part = fc.oneof(
    text.map((content) => ({ type: "text", text: content })),
    text.map((content) => ({ type: "tool_result", content })),
    text.map((content) => ({ type: "tool_result", content: [{ type: "text", text: content }] })),
    fc.constantFrom(null, 1, { type: "image" }),
  );
  const message = fc.record({
    role: fc.constantFrom("system", "developer", "user", "assistant", "tool"),
    content: fc.oneof(text, fc.array(part, { maxLength: 4 }), fc.constant(null)),
  });
  const bodies = fc.record({
    system: fc.oneof(text, fc.array(part)),
    messages: fc.array(message, { maxLength: 5 }),
  });
  fc.assert(
    fc.property(bodies, (body) => {
      const before = JSON.stringify(body);
      const { body: stripped } = stripDirectivesFromBody(body, { format: "anthropic-messages" });
      const texts: string[] = [];
      JSON.stringify(stripped, (_, value: unknown) => {
        if (typeof value === "string") texts.push(value);
        return value;
      });
      for (const value of texts) expect(value).not.toMatch(/^\s*@@tokenhub/im);
      expect(JSON.stringify(body)).toBe(before);
      expect(stripDirectivesFromBody(stripped, { format: "anthropic-messages" }).body).toBe(stripped);
    }),
    { numRuns: 500 },
  );
});
