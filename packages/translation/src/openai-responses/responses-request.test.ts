import { describe, expect, test } from "vitest";
import { inspectRequest } from "../inspect-request.ts";
import { transcodeBody, type Transcoded } from "../testing/transcode.ts";
import type { ChatFormatName } from "../wire-format.ts";

function transcode(body: object, to: ChatFormatName): Transcoded {
  return transcodeBody(body, { from: "openai-responses", to });
}

const conversation = {
  model: "m",
  instructions: "Be brief.",
  input: [
    {
      role: "user",
      content: [
        { type: "input_text", text: "Where?" },
        { type: "input_image", image_url: "https://x/y.png" },
      ],
    },
    {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "Hm." }],
      encrypted_content: "tokenhub-signature:sig",
    },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Look.", annotations: [] }],
    },
    {
      type: "function_call",
      id: "fc_1",
      call_id: "call_1",
      name: "f",
      arguments: '{"a":1}',
      status: "completed",
    },
    { type: "function_call", id: "fc_2", call_id: "call_2", name: "g", arguments: "{}" },
    { type: "function_call_output", call_id: "call_1", output: "one" },
    { type: "function_call_output", call_id: "call_2", output: [{ type: "input_text", text: "two" }] },
    { role: "user", content: "Go on" },
  ],
};

describe("a conversation of items", () => {
  test("is one of chat messages, a turn's text and calls together", () => {
    const { body, warnings } = transcode(conversation, "openai-chat");
    expect(body["messages"]).toEqual([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "Where?" },
          { type: "image_url", image_url: { url: "https://x/y.png" } },
        ],
      },
      {
        role: "assistant",
        content: "Look.",
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "f", arguments: '{"a":1}' } },
          { id: "call_2", type: "function", function: { name: "g", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: "call_1", content: "one" },
      { role: "tool", tool_call_id: "call_2", content: "two" },
      { role: "user", content: "Go on" },
    ]);
    expect(warnings).toEqual(["`thinking` cannot be expressed in openai-chat and was left out."]);
  });

  test("gives signed thinking back to the vendor that signed it", () => {
    const { body, warnings } = transcode(conversation, "anthropic-messages");
    expect(body["system"]).toBe("Be brief.");
    expect(body["messages"]).toMatchObject([
      { role: "user" },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm.", signature: "sig" },
          { type: "text", text: "Look." },
          { type: "tool_use", id: "call_1", input: { a: 1 } },
          { type: "tool_use", id: "call_2" },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "call_1" }, { type: "tool_result" }, { text: "Go on" }],
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test("leaves out what only its vendor reads, and says so", () => {
    const input = [
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAA" },
      { type: "web_search_call", id: "ws_1", status: "completed" },
      { role: "assistant", content: "Found it." },
      { role: "user", content: "And?" },
    ];
    const { body, warnings } = transcode({ input }, "openai-chat");
    expect(body["messages"]).toEqual([
      { role: "assistant", content: "Found it." },
      { role: "user", content: "And?" },
    ]);
    expect(warnings).toEqual([
      "`reasoning` cannot be expressed in openai-chat and was left out.",
      "`web_search_call` cannot be expressed in openai-chat and was left out.",
    ]);
  });

  test("has files by content, URL and id", () => {
    const files = [
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" },
      { type: "input_file", file_url: "https://x/a.pdf" },
      { type: "input_file", file_id: "file-1" },
    ];
    const content = [{ type: "input_text", text: "Read" }, ...files];
    const { body, warnings } = transcode({ input: [{ role: "user", content }] }, "openai-chat");
    expect(body["messages"]).toMatchObject([
      {
        content: [
          { type: "text" },
          { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" } },
          { type: "file", file: { file_id: "file-1" } },
        ],
      },
    ]);
    expect(warnings).toEqual(["`document.source.url` cannot be expressed in openai-chat and was left out."]);
  });
});

describe("parameters", () => {
  test("have the names of chat completions there", () => {
    const { body, warnings } = transcode(
      {
        input: "Hi",
        max_output_tokens: 50,
        temperature: 0.5,
        top_p: 0.9,
        top_logprobs: 2,
        text: {
          format: { type: "json_schema", name: "n", schema: { type: "object" }, strict: true },
          verbosity: "low",
        },
        reasoning: { effort: "high", summary: "auto" },
        tools: [
          { type: "function", name: "f", description: "d", parameters: { type: "object" }, strict: true },
        ],
        tool_choice: { type: "function", name: "f" },
        parallel_tool_calls: false,
        metadata: { a: "b" },
        safety_identifier: "u",
        service_tier: "flex",
        prompt_cache_key: "k",
        truncation: "disabled",
        store: true,
        background: true,
        previous_response_id: "resp_1",
        include: ["reasoning.encrypted_content"],
        max_tool_calls: 3,
        stream_options: { include_obfuscation: false },
        tokenhub: { strategy: "cheapest" },
      },
      "openai-chat",
    );
    expect(body).toEqual({
      model: "upstream",
      messages: [{ role: "user", content: "Hi" }],
      max_completion_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      logprobs: true,
      top_logprobs: 2,
      response_format: {
        type: "json_schema",
        json_schema: { name: "n", schema: { type: "object" }, strict: true },
      },
      verbosity: "low",
      reasoning_effort: "high",
      tools: [
        {
          type: "function",
          function: { name: "f", description: "d", parameters: { type: "object" }, strict: true },
        },
      ],
      tool_choice: { type: "function", function: { name: "f" } },
      parallel_tool_calls: false,
      metadata: { a: "b" },
      user: "u",
      service_tier: "flex",
      prompt_cache_key: "k",
    });
    expect(warnings).toEqual([]);
  });

  test("that nobody else knows are reported", () => {
    const { warnings } = transcode({ input: "Hi", truncation: "auto", moderation: {} }, "anthropic-messages");
    expect(warnings).toEqual([
      "`truncation` cannot be expressed in anthropic-messages and was left out.",
      "`moderation` cannot be expressed in anthropic-messages and was left out.",
    ]);
  });

  test("custom tools are those of chat completions", () => {
    const format = { type: "grammar", syntax: "lark", definition: "start: /a/" };
    const { body } = transcode(
      {
        input: "Hi",
        tools: [{ type: "custom", name: "c", format }],
        tool_choice: { type: "custom", name: "c" },
      },
      "openai-chat",
    );
    expect(body["tools"]).toEqual([
      {
        type: "custom",
        custom: {
          name: "c",
          format: { type: "grammar", grammar: { syntax: "lark", definition: "start: /a/" } },
        },
      },
    ]);
    expect(body["tool_choice"]).toEqual({ type: "custom", custom: { name: "c" } });
  });
});

describe("what cannot be translated is refused by name", () => {
  test.each([
    [{ tools: [{ type: "function", name: "f" }, { type: "web_search" }] }, "tools.1", "web_search"],
    [{ tool_choice: { type: "file_search" } }, "tool_choice", "file_search"],
    [{ input: [{ type: "item_reference", id: "msg_1" }] }, "input.0", "stored item"],
    [{ input: [{ id: "msg_1" }] }, "input.0", "stored item"],
    [{ conversation: "conv_1" }, "conversation", "stored at the vendor"],
    [{ prompt: { id: "pmpt_1" } }, "prompt", "stored at the vendor"],
    [{ input: [{ type: "function_call", name: "f", arguments: "{}" }] }, "input.0.call_id", "id of a call"],
    [{ input: [{ role: "robot", content: "x" }] }, "input.0.role", "known role"],
  ])("%j", (changes, param, words) => {
    expect(() => transcode({ input: "Hi", ...changes }, "openai-chat")).toThrow(
      expect.objectContaining({ code: "invalid_request", param, message: expect.stringContaining(words) }),
    );
  });
});

test("text, items, tools, media and wishes are counted before anything is translated", () => {
  const body = {
    ...conversation,
    stream: true,
    max_output_tokens: 7,
    tools: [{ type: "function", name: "f" }],
  };
  const inspected = inspectRequest("openai-responses", {
    ...body,
    reasoning: { effort: "low" },
    text: { format: { type: "json_object" } },
  });
  expect(inspected).toMatchObject({
    model: "m",
    stream: true,
    maxOutputTokens: 7,
    needs: ["tools", "images", "structured_output", "reasoning"],
  });
  expect(inspected.estimatedInputTokens).toBeGreaterThan(1_024);
  expect(inspectRequest("openai-responses", { input: "12345678" })).toMatchObject({
    model: null,
    estimatedInputTokens: 2,
    needs: [],
  });
});
