import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accumulateOpenAi } from "../testing/accumulate.ts";
import { cutText } from "../testing/cut-text.ts";
import { chunk, openAiStream, readEvents, usageChunk } from "../testing/streams.ts";
import type { Gemma4Parser } from "./gemma4-reading.ts";
import { createGemma4Response } from "./gemma4-response.ts";
import { createGemma4StreamFilter } from "./gemma4-stream-filter.ts";

/** Reads the tokens well enough for these tests; every argument is a text. */
const parse: Gemma4Parser = (text) => {
  const thoughts: string[] = [];
  const toolCalls: { name: string; arguments: string }[] = [];
  const content = text
    .replaceAll(/<\|channel>thought\n?(.*?)<channel\|>/gs, (_all, thought: string) => {
      thoughts.push(thought);
      return "";
    })
    .replaceAll(/<\|tool_call>call:(\w+)\{(\w+):<\|"\|>(.*?)<\|"\|>\}<tool_call\|>/gs, (_all, ...groups) => {
      const [name, key, value] = groups as string[];
      toolCalls.push({ name: name ?? "", arguments: JSON.stringify({ [key ?? ""]: value }) });
      return "";
    });
  return { content, reasoning: thoughts.join(""), toolCalls };
};

const said =
  '<|channel>thought\nThe user wants weather.<channel|>Let me look.<|tool_call>call:weather{city:<|"|>Köln<|"|>}<tool_call|><|tool_call>call:time{zone:<|"|>CET<|"|>}<tool_call|>';
const calls = [
  { name: "weather", arguments: '{"city":"Köln"}' },
  { name: "time", arguments: '{"zone":"CET"}' },
];

describe("createGemma4Response", () => {
  const answer = (content: unknown): string =>
    JSON.stringify({
      id: "chatcmpl-1f",
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    });

  test("thoughts become reasoning_content, calls become tool_calls", () => {
    expect(JSON.parse(createGemma4Response(answer(said), parse))).toEqual({
      id: "chatcmpl-1f",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "Let me look.",
            reasoning_content: "The user wants weather.",
            tool_calls: calls.map((called, position) => ({
              id: `call_chatcmpl1f_0_${position}`,
              type: "function",
              function: called,
            })),
          },
          finish_reason: "tool_calls",
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    });
  });

  test("an answer of calls only has no content", () => {
    const text = answer('<|tool_call>call:f{a:<|"|>b<|"|>}<tool_call|>');
    expect(JSON.parse(createGemma4Response(text, parse))).toMatchObject({
      choices: [{ message: { content: null } }],
    });
  });

  test("an answer of thoughts only keeps its finish reason", () => {
    const text = answer("<|channel>thought\nHm.<channel|>");
    expect(JSON.parse(createGemma4Response(text, parse))).toMatchObject({
      choices: [{ message: { content: "", reasoning_content: "Hm." }, finish_reason: "stop" }],
    });
  });

  test("tokens are found when the server escapes them", () => {
    const text = answer(said).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
    expect(createGemma4Response(text, parse)).toBe(createGemma4Response(answer(said), parse));
  });

  test.each([
    answer("plain < text | here >"),
    answer(null),
    answer([{ type: "text", text: said }]),
    "{}",
    "[]",
    "no json <|",
    '{"choices":[null,1,{"message":null}],"x":"<|"}',
  ])("%j comes back byte for byte", (text) => {
    expect(createGemma4Response(text, parse)).toBe(text);
  });
});

describe("createGemma4StreamFilter", () => {
  const source = openAiStream([
    chunk({ role: "assistant", content: "" }),
    ...said.split("").map((letter) => chunk({ content: letter })),
    chunk({}, "stop"),
    usageChunk({ prompt_tokens: 1, completion_tokens: 2 }),
    "[DONE]",
  ]);
  const filtered = (text: string, places: readonly number[] = []): string => {
    const filter = createGemma4StreamFilter(parse);
    const pieces = cutText(text, places).map((piece) => filter.push(piece));
    return pieces.join("") + filter.end();
  };

  test("writes the answer at its end: role, reasoning, content, calls, finish, usage, [DONE]", () => {
    const text = filtered(source);
    expect(accumulateOpenAi(text)).toEqual({
      message: {
        content: "Let me look.",
        reasoning_content: "The user wants weather.",
        tool_calls: calls.map((called, position) => ({
          id: `call_chatcmplup_0_${position}`,
          type: "function",
          function: called,
        })),
        reasoning_details: [],
      },
      finishReason: "tool_calls",
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    });
    const events = readEvents(text).map(({ data }) => data);
    expect(events.at(-1)).toBe("[DONE]");
    expect(events[0]).toEqual(chunk({ role: "assistant", content: "" }));
    expect(events).toHaveLength(1 + 1 + 1 + 2 + 1 + 1 + 1);
  });

  test("gives the same text however the stream is cut", () => {
    const whole = filtered(source);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 5 }), (places) => {
        expect(filtered(source, places)).toBe(whole);
      }),
    );
  });

  test("keeps choices, reasoning and calls that came as such, and usage in the last choice's chunk", () => {
    const call = { index: 0, id: "own", type: "function", function: { name: "f", arguments: "{}" } };
    const text = filtered(
      openAiStream([
        { id: "x", choices: [{ index: 1, delta: { content: "second" } }] },
        { id: "x", choices: [{ index: 0, delta: { reasoning_content: "Hm. ", tool_calls: [call] } }] },
        { id: "x", choices: [{ index: 0, delta: { content: said } }] },
        { id: "x", choices: [{ index: 1, delta: {}, finish_reason: "stop" }] },
        {
          id: "x",
          choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
          usage: { prompt_tokens: 1, completion_tokens: 2 },
        },
      ]),
    );
    const choices = readEvents(text).flatMap(
      ({ data }) => (data as { choices: { index: number }[] }).choices,
    );
    expect(choices.map(({ index }) => index)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
    expect(accumulateOpenAi(text)).toMatchObject({
      message: {
        reasoning_content: "Hm. The user wants weather.",
        tool_calls: [{ id: "own" }, { id: "call_x_0_0" }, { id: "call_x_0_1" }],
      },
      usage: { completion_tokens: 2 },
    });
  });

  test("a stream that was cut says nothing, so that another provider can be asked", () => {
    const cut = source.slice(0, source.indexOf('"finish_reason":"stop"') - 100);
    expect(filtered(cut)).toBe("");
    expect(filtered("")).toBe("");
  });

  test("an answer that is complete without [DONE] is written, and [DONE] is not made up", () => {
    const text = filtered(source.replace("data: [DONE]\n\n", ""));
    expect(text).not.toContain("[DONE]");
    expect(accumulateOpenAi(text).finishReason).toBe("tool_calls");
  });

  test.each(['{"error":{"message":"Slow down.","code":"429"}}', "no json"])(
    "the event %s is passed on at once, and nothing after it",
    (data) => {
      const filter = createGemma4StreamFilter(parse);
      const [first = ""] = source.split("\n\n");
      expect(filter.push(`${first}\n\n`)).toBe("");
      expect(filter.push(`data: ${data}\n\ndata: [DONE]\n\n`)).toBe(`data: ${data}\n\n`);
      expect(filter.end()).toBe("");
    },
  );
});
