import { anthropicMessagesRequestSchema } from "@tokenhub/contracts/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { target, toAnthropic, toOpenAi } from "../testing/transcode.ts";
import { transcodeRequest } from "../transcode-request.ts";
import { createWarningList } from "../warning-list.ts";
import { repairMessages } from "./repair-messages.ts";

const toolUse = (id: string) => ({ type: "tool_use", id, name: "f", input: {} });
const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "fine" });
const missing = (id: string) => ({
  type: "tool_result",
  tool_use_id: id,
  content: "No result of this tool call is known.",
  is_error: true,
});
const call = (id: string, text: string) => ({
  id,
  type: "function",
  function: { name: "f", arguments: text },
});

function repair(messages: readonly unknown[]) {
  const warnings = createWarningList();
  return { messages: repairMessages(messages, warnings), warnings: warnings.list() };
}

describe("a tool call without a result", () => {
  test("gets one in the user message that follows, before what is said there", () => {
    const assistant = { role: "assistant", content: [toolUse("a"), toolUse("b")] };
    const { messages, warnings } = repair([
      { role: "user", content: "hi" },
      assistant,
      { role: "user", content: [result("b"), { type: "text", text: "go on" }] },
    ]);
    expect(messages).toEqual([
      { role: "user", content: "hi" },
      assistant,
      { role: "user", content: [missing("a"), result("b"), { type: "text", text: "go on" }] },
    ]);
    expect(warnings).toHaveLength(1);
  });

  test("is answered before a message of plain text", () => {
    const assistant = { role: "assistant", content: [toolUse("a")] };
    const { messages } = repair([assistant, { role: "user", content: "never mind" }]);
    expect(messages).toEqual([
      assistant,
      { role: "user", content: [missing("a"), { type: "text", text: "never mind" }] },
    ]);
  });

  test("is answered by a message of its own at the end of the conversation", () => {
    const assistant = { role: "assistant", content: [toolUse("a")] };
    expect(repair([assistant]).messages).toEqual([assistant, { role: "user", content: [missing("a")] }]);
  });

  test("is one whose result comes too late as well", () => {
    const messages = [
      { role: "assistant", content: [toolUse("a")] },
      { role: "user", content: "wait" },
      { role: "assistant", content: "ok" },
      { role: "user", content: [{ type: "text", text: "?" }] },
    ];
    expect(repair(messages).messages[1]).toEqual({
      role: "user",
      content: [missing("a"), { type: "text", text: "wait" }],
    });
  });
});

describe("a complete history", () => {
  test.each<[string, unknown[]]>([
    [
      "with results",
      [
        { role: "assistant", content: [toolUse("a")] },
        { role: "user", content: [result("a")] },
      ],
    ],
    [
      "with results in several messages of one turn",
      [
        { role: "assistant", content: [toolUse("a")] },
        { role: "assistant", content: [toolUse("b")] },
        { role: "user", content: [result("b")] },
        { role: "user", content: [result("a")] },
      ],
    ],
    [
      "with a system message before the results",
      [
        { role: "assistant", content: [toolUse("a")] },
        { role: "system", content: "x" },
        { role: "user", content: [result("a")] },
      ],
    ],
    [
      "without calls",
      [
        { role: "user", content: "a" },
        { role: "assistant", content: "b" },
      ],
    ],
    ["of nonsense", [null, 1, { role: "assistant", content: 5 }, { role: "user" }]],
  ])("%s is left alone", (_title, messages) => {
    const repaired = repair(messages);
    expect(repaired.messages).toBe(messages);
    expect(repaired.warnings).toEqual([]);
  });

  test("is one after it was repaired once", () => {
    const blocks = fc.constantFrom(toolUse("a"), toolUse("b"), result("a"), result("b"), {
      type: "text",
      text: "t",
    });
    const messages = fc.array(
      fc.record({
        role: fc.constantFrom("user", "assistant", "system"),
        content: fc.oneof(fc.array(blocks), fc.constant("text")),
      }),
    );
    fc.assert(
      fc.property(messages, (list) => {
        const once = repair(list).messages;
        expect(repair(once).messages).toBe(once);
      }),
    );
  });
});

describe("tool_calls of an assistant message", () => {
  test("become tool_use blocks behind its text", () => {
    const { messages, warnings } = repair([
      { role: "assistant", content: "Let me look.", tool_calls: [call("c1", '{"q":"x"}')] },
      { role: "user", content: [result("c1")] },
    ]);
    expect(messages).toEqual([
      {
        role: "assistant",
        content: [
          { type: "text", text: "Let me look." },
          { type: "tool_use", id: "c1", name: "f", input: { q: "x" } },
        ],
      },
      { role: "user", content: [result("c1")] },
    ]);
    expect(warnings).toHaveLength(1);
  });

  test("are not written a second time beside their own blocks", () => {
    const content = [{ type: "text", text: "x" }, toolUse("c1")];
    const { messages } = repair([
      { role: "assistant", content, tool_calls: [call("c1", "{}")] },
      { role: "user", content: [result("c1")] },
    ]);
    expect(messages[0]).toEqual({ role: "assistant", content });
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["an empty list", []],
  ])("that are %s just go away", (_title, calls) => {
    expect(repair([{ role: "assistant", content: "x", tool_calls: calls }]).messages).toEqual([
      { role: "assistant", content: "x" },
    ]);
  });

  test.each<[unknown, object]>([
    [{ q: 1 }, { q: 1 }],
    ["", {}],
    ["not json", { _tokenhub_raw_arguments: "not json" }],
  ])("with arguments %j have the input %j", (given, input) => {
    const tool = { function: { name: "f", arguments: given } };
    const [first] = repair([{ role: "assistant", content: null, tool_calls: [tool] }]).messages;
    expect(first).toEqual({
      role: "assistant",
      content: [{ type: "tool_use", id: "call_0", name: "f", input }],
    });
  });

  test("without content pass the contract; a message without either does not", () => {
    const parse = (message: object) =>
      anthropicMessagesRequestSchema.safeParse({ max_tokens: 1, messages: [message] }).success;
    expect(parse({ role: "assistant", content: null, tool_calls: [call("c", "{}")] })).toBe(true);
    expect(parse({ role: "assistant", tool_calls: [call("c", "{}")] })).toBe(true);
    expect(parse({ role: "assistant" })).toBe(false);
    expect(parse({ role: "user", content: null })).toBe(false);
  });
});

describe("a request on its way", () => {
  const passThrough = (bodyText: string) =>
    transcodeRequest({ from: "anthropic-messages", to: "anthropic-messages", bodyText, target });

  test("to its own format has its history repaired and no other byte changed", () => {
    const messages = [{ role: "assistant", content: [toolUse("a")] }];
    const bodyText = `{ "model":"upstream", "messages": ${JSON.stringify(messages)}, "temperature": 1.0 }`;
    const repaired = [...messages, { role: "user", content: [missing("a")] }];
    const { bodyText: sent, warnings } = passThrough(bodyText);
    expect(sent).toBe(bodyText.replace(JSON.stringify(messages), JSON.stringify(repaired)));
    expect(warnings).toHaveLength(1);
  });

  test("to its own format keeps every byte when nothing is wrong", () => {
    const bodyText =
      '{"model":"upstream","messages":[ {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"n":1.0}}]}, {"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]} ]}';
    expect(passThrough(bodyText)).toEqual({ bodyText, warnings: [] });
  });

  test("from Anthropic to OpenAI has calls and results that match", () => {
    const { body } = toOpenAi({
      max_tokens: 5,
      messages: [{ role: "assistant", content: "Wait.", tool_calls: [call("c1", '{"q":1}')] }],
    });
    expect(body["messages"]).toEqual([
      { role: "assistant", content: "Wait.", tool_calls: [call("c1", '{"q":1}')] },
      { role: "tool", tool_call_id: "c1", content: "Error: No result of this tool call is known." },
    ]);
  });

  test("from OpenAI to Anthropic has a result for every call", () => {
    const { body, warnings } = toAnthropic({
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", content: null, tool_calls: [call("c1", "{}"), call("c.2", "{}")] },
        { role: "tool", tool_call_id: "c1", content: "fine" },
        { role: "user", content: "go on" },
      ],
    });
    expect(body["messages"]).toMatchObject([
      { role: "user" },
      { role: "assistant" },
      { content: [missing("th64_Yy4y"), result("c1"), { type: "text", text: "go on" }] },
    ]);
    expect(warnings).toHaveLength(1);
  });
});
