import type {
  MessageCreateParamsNonStreaming,
  MessageParam,
} from "@anthropic-ai/sdk/resources/messages/messages";
import type {
  ChatCompletionCreateParams,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { describe, expect, test } from "vitest";
import { toAnthropic } from "./testing/transcode.ts";

const hi: ChatCompletionMessageParam = { role: "user", content: "hi" };
const weatherTool = {
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: {} } },
} as const;

/** A request of one user message and the given members. */
function request(members: Record<string, unknown>): object {
  return { model: "m", messages: [hi], ...members };
}

/** The conversation as Anthropic gets it. */
function conversation(messages: readonly ChatCompletionMessageParam[]): {
  readonly system: unknown;
  readonly messages: unknown;
  readonly warnings: readonly string[];
} {
  const { body, warnings } = toAnthropic({ model: "m", messages });
  return { system: body["system"], messages: body["messages"], warnings };
}

describe("an OpenAI request for Anthropic", () => {
  test("is written in full", () => {
    const source = {
      model: "fast",
      stream: true,
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0=" } },
          ],
        },
      ],
      tools: [
        {
          type: "function",
          function: {
            name: "lookup",
            description: "Looks a thing up.",
            parameters: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
            strict: true,
          },
        },
      ],
      tool_choice: "auto",
      parallel_tool_calls: false,
      max_completion_tokens: 500,
      temperature: 0.5,
      top_p: 0.9,
      stop: ["END", "STOP"],
      user: "user-7",
      service_tier: "default",
    } satisfies ChatCompletionCreateParams;
    const { body, warnings } = toAnthropic(source, { stream: true });
    expect(body).toEqual({
      model: "upstream",
      max_tokens: 500,
      system: "Be brief.",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0=" } },
          ],
        },
      ],
      stream: true,
      temperature: 0.5,
      top_p: 0.9,
      stop_sequences: ["END", "STOP"],
      metadata: { user_id: "user-7" },
      service_tier: "standard_only",
      tools: [
        {
          name: "lookup",
          description: "Looks a thing up.",
          input_schema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
          strict: true,
        },
      ],
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
      // The vendor's newest types leave the sampling parameters out; the API still has them.
    } satisfies Omit<MessageCreateParamsNonStreaming, "stream"> & Record<string, unknown>);
    expect(warnings).toEqual([]);
  });

  describe("members", () => {
    test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
      ["max_tokens", { max_tokens: 7 }, { max_tokens: 7 }],
      [
        "max_completion_tokens before max_tokens",
        { max_completion_tokens: 8, max_tokens: 7 },
        { max_tokens: 8 },
      ],
      ["a limit that is missing", {}, { max_tokens: 4_096 }],
      ["temperature", { temperature: 0.3 }, { temperature: 0.3 }],
      ["top_p", { top_p: 0.2 }, { top_p: 0.2 }],
      ["top_k, which clients send to compatible servers", { top_k: 40 }, { top_k: 40 }],
      ["stop as text", { stop: "X" }, { stop_sequences: ["X"] }],
      ["stop as list", { stop: ["X", "Y"] }, { stop_sequences: ["X", "Y"] }],
      ["user", { user: "u" }, { metadata: { user_id: "u" } }],
      ["safety_identifier", { safety_identifier: "s" }, { metadata: { user_id: "s" } }],
      ["service_tier auto", { service_tier: "auto" }, { service_tier: "auto" }],
      ["service_tier default", { service_tier: "default" }, { service_tier: "standard_only" }],
      ["response_format text", { response_format: { type: "text" } }, { output_config: undefined }],
      ["reasoning_effort none", { reasoning_effort: "none" }, { thinking: { type: "disabled" } }],
      [
        "null members",
        { stop: null, user: null, seed: null, n: null, store: null },
        { stop_sequences: undefined },
      ],
      ["values that restate a default", { n: 1, store: false, logprobs: false, presence_penalty: 0 }, {}],
      ["modalities text", { modalities: ["text"] }, {}],
      ["the member tokenhub", { tokenhub: { mode: "cheap" } }, { tokenhub: undefined }],
      ["stream_options", { stream_options: { include_usage: true } }, { stream_options: undefined }],
    ])("%s survive without a warning", (_title, members, expected) => {
      const { body, warnings } = toAnthropic(request(members));
      const absent = Object.keys(expected).filter((key) => expected[key] === undefined);
      expect(body).toMatchObject(withoutUndefined(expected));
      expect(Object.keys(body).filter((key) => absent.includes(key))).toEqual([]);
      expect(warnings).toEqual([]);
    });

    test.each<[string, Record<string, unknown>]>([
      ["n", { n: 2 }],
      ["logprobs", { logprobs: true }],
      ["top_logprobs", { top_logprobs: 3 }],
      ["logit_bias", { logit_bias: { "50256": -100 } }],
      ["seed", { seed: 1 }],
      ["frequency_penalty", { frequency_penalty: 0.5 }],
      ["presence_penalty", { presence_penalty: -0.5 }],
      ["metadata", { metadata: { team: "a" } }],
      ["store", { store: true }],
      ["modalities", { modalities: ["text", "audio"] }],
      ["audio", { audio: { voice: "ash", format: "wav" } }],
      ["prediction", { prediction: { type: "content", content: "x" } }],
      ["verbosity", { verbosity: "low" }],
      ["web_search_options", { web_search_options: {} }],
      ["prompt_cache_key", { prompt_cache_key: "k" }],
      ["stream_options", { stream_options: { include_obfuscation: true } }],
      ["service_tier flex", { service_tier: "flex" }],
      ["made_up", { made_up: 1 }],
      ["user", { user: "a", safety_identifier: "b" }],
    ])("%s is reported, because Anthropic cannot express it", (name, members) => {
      const { body, warnings } = toAnthropic(request(members));
      expect(warnings).toEqual([`\`${name}\` cannot be expressed in anthropic-messages and was left out.`]);
      expect(Object.keys(body).toSorted()).toEqual(
        ["max_tokens", "messages", "model", ...("user" in members ? ["metadata"] : [])].toSorted(),
      );
    });

    test("a temperature above 1 is lowered to 1", () => {
      const { body, warnings } = toAnthropic(request({ temperature: 1.5 }));
      expect(body["temperature"]).toBe(1);
      expect(warnings).toEqual([
        "`temperature` was lowered from 1.5 to 1, the most anthropic-messages takes.",
      ]);
    });

    test("service_tier priority becomes auto", () => {
      const { body, warnings } = toAnthropic(request({ service_tier: "priority" }));
      expect(body["service_tier"]).toBe("auto");
      expect(warnings).toHaveLength(1);
    });

    test("a stop sequence of white space is left out", () => {
      const { body, warnings } = toAnthropic(request({ stop: ["\n", "END"] }));
      expect(body["stop_sequences"]).toEqual(["END"]);
      expect(warnings).toHaveLength(1);
    });

    test("max_tokens defaults to the model's maximum and is never above it", () => {
      expect(toAnthropic(request({}), { maxOutputTokens: 9_000 }).body["max_tokens"]).toBe(9_000);
      const limited = toAnthropic(request({ max_tokens: 10_000 }), { maxOutputTokens: 9_000 });
      expect(limited.body["max_tokens"]).toBe(9_000);
      expect(limited.warnings).toEqual(["`max_tokens` was lowered from 10000 to 9000, the model's maximum."]);
    });

    test("sampling parameters are left out for API versions that refuse them", () => {
      const features = { samplingParameters: false };
      const { body, warnings } = toAnthropic(request({ temperature: 0.1, top_p: 0.5 }), { features });
      expect(body).not.toHaveProperty("temperature");
      expect(body).not.toHaveProperty("top_p");
      expect(warnings).toHaveLength(2);
    });
  });

  describe("response_format", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };

    test("json_schema becomes output_config.format; name and description stay in the schema", () => {
      const json_schema = { name: "answer", description: "The answer.", schema, strict: true };
      const { body, warnings } = toAnthropic(
        request({ response_format: { type: "json_schema", json_schema } }),
      );
      expect(body["output_config"]).toEqual({
        format: { type: "json_schema", schema: { title: "answer", description: "The answer.", ...schema } },
      });
      expect(warnings).toEqual([]);
    });

    test("a loose schema is closed, which Anthropic demands, and a warning says so", () => {
      const loose = {
        type: "object",
        properties: { list: { type: "array", items: { type: "object", properties: {} } } },
        $defs: { x: { anyOf: [{ type: "object" }, { type: "null" }] } },
      };
      const json_schema = { name: "x", schema: loose };
      const { body, warnings } = toAnthropic(
        request({ response_format: { type: "json_schema", json_schema } }),
      );
      const item = { type: "object", properties: {}, additionalProperties: false };
      expect(body["output_config"]).toEqual({
        format: {
          type: "json_schema",
          schema: {
            title: "x",
            type: "object",
            properties: { list: { type: "array", items: item } },
            $defs: { x: { anyOf: [{ type: "object", additionalProperties: false }, { type: "null" }] } },
            additionalProperties: false,
          },
        },
      });
      expect(warnings).toHaveLength(1);
    });

    test("strict false is reported", () => {
      const json_schema = { name: "x", schema, strict: false };
      const { warnings } = toAnthropic(request({ response_format: { type: "json_schema", json_schema } }));
      expect(warnings).toEqual([
        "`response_format.json_schema.strict` false was left out: anthropic-messages always enforces a schema.",
      ]);
    });

    test("json_object becomes an instruction behind the system prompt", () => {
      const messages = [{ role: "system", content: "Sys." }, hi];
      const { body, warnings } = toAnthropic(request({ messages, response_format: { type: "json_object" } }));
      expect(body["system"]).toEqual([
        { type: "text", text: "Sys." },
        { type: "text", text: "Answer with one valid JSON object and nothing else." },
      ]);
      expect(warnings).toHaveLength(1);
    });
  });

  test.each<[Record<string, unknown>, Record<string, unknown>]>([
    [
      { type: "enabled", budget_tokens: 2_000 },
      { max_tokens: 6_096, thinking: { type: "enabled", budget_tokens: 2_000 } },
    ],
    [{ type: "adaptive", display: "omitted" }, { thinking: { type: "adaptive", display: "omitted" } }],
    [{ type: "disabled" }, { thinking: { type: "disabled" } }],
  ])("thinking %j, which clients send through the OpenAI format, is understood", (thinking, expected) => {
    const { body, warnings } = toAnthropic(request({ thinking }));
    expect(body).toMatchObject(expected);
    expect(warnings).toEqual([]);
  });

  test("thinking and tool choices of an unknown kind are reported", () => {
    const { body, warnings } = toAnthropic(
      request({ thinking: { type: "dreaming" }, tools: [weatherTool], tool_choice: "any" }),
    );
    expect(body).not.toHaveProperty("thinking");
    expect(body).not.toHaveProperty("tool_choice");
    expect(warnings).toHaveLength(2);
  });

  describe("tools", () => {
    test.each<[string, unknown, unknown]>([
      ["auto", "auto", { type: "auto" }],
      ["none", "none", { type: "none" }],
      ["required", "required", { type: "any" }],
      [
        "a named function",
        { type: "function", function: { name: "weather" } },
        { type: "tool", name: "weather" },
      ],
    ])("tool_choice %s", (_title, tool_choice, expected) => {
      const { body, warnings } = toAnthropic(request({ tools: [weatherTool], tool_choice }));
      expect(body["tool_choice"]).toEqual(expected);
      expect(warnings).toEqual([]);
    });

    test.each<[boolean, unknown, unknown]>([
      [false, undefined, { type: "auto", disable_parallel_tool_use: true }],
      [true, undefined, undefined],
      [false, "required", { type: "any", disable_parallel_tool_use: true }],
      [false, "none", { type: "none" }],
    ])("parallel_tool_calls %s with tool_choice %s", (parallel_tool_calls, tool_choice, expected) => {
      const { body } = toAnthropic(request({ tools: [weatherTool], parallel_tool_calls, tool_choice }));
      expect(body["tool_choice"]).toEqual(expected);
    });

    test("allowed_tools is expressed by sending only those tools", () => {
      const other = { type: "function", function: { name: "other" } };
      const tool_choice = {
        type: "allowed_tools",
        allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "weather" } }] },
      };
      const { body, warnings } = toAnthropic(request({ tools: [weatherTool, other], tool_choice }));
      expect(body["tools"]).toEqual([{ name: "weather", input_schema: { type: "object", properties: {} } }]);
      expect(body["tool_choice"]).toEqual({ type: "any" });
      expect(warnings).toHaveLength(1);
    });

    test("a function without parameters takes an empty object", () => {
      const { body } = toAnthropic(request({ tools: [{ type: "function", function: { name: "now" } }] }));
      expect(body["tools"]).toEqual([{ name: "now", input_schema: { type: "object", properties: {} } }]);
    });

    test("a custom tool cannot be expressed, and neither can a choice without tools", () => {
      const tools = [{ type: "custom", custom: { name: "code" } }];
      const { body, warnings } = toAnthropic(request({ tools, tool_choice: "required" }));
      expect(body).not.toHaveProperty("tools");
      expect(body).not.toHaveProperty("tool_choice");
      expect(warnings).toEqual([
        "`tools[] code` cannot be expressed in anthropic-messages and was left out.",
        "`tool_choice` was left out: the request has no tools that anthropic-messages can express.",
      ]);
    });

    test("cache_control on a tool survives", () => {
      const tools = [{ ...weatherTool, cache_control: { type: "ephemeral", ttl: "1h" } }];
      const { body } = toAnthropic(request({ tools }));
      expect(body["tools"]).toEqual([
        {
          name: "weather",
          input_schema: { type: "object", properties: {} },
          cache_control: { type: "ephemeral", ttl: "1h" },
        },
      ]);
    });

    test("legacy functions, function_call and role function are understood", () => {
      const { body, warnings } = toAnthropic({
        model: "m",
        functions: [{ name: "weather", description: "d", parameters: { type: "object" } }],
        function_call: { name: "weather" },
        messages: [
          hi,
          { role: "assistant", content: null, function_call: { name: "weather", arguments: '{"at":"x"}' } },
          { role: "function", name: "weather", content: "sunny" },
          { role: "assistant", content: null, function_call: { name: "weather", arguments: "{}" } },
          { role: "function", name: "weather", content: "rain" },
        ],
      });
      expect(body["tools"]).toEqual([
        { name: "weather", description: "d", input_schema: { type: "object" } },
      ]);
      expect(body["tool_choice"]).toEqual({ type: "tool", name: "weather" });
      expect(body["messages"]).toEqual([
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "call_1", name: "weather", input: { at: "x" } }],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", content: "sunny" }] },
        { role: "assistant", content: [{ type: "tool_use", id: "call_3", name: "weather", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "call_3", content: "rain" }] },
      ] satisfies MessageParam[]);
      expect(warnings).toEqual([]);
    });
  });

  describe("messages", () => {
    test("several leading system and developer messages become system blocks", () => {
      const { system, messages, warnings } = conversation([
        { role: "system", content: "A" },
        {
          role: "developer",
          content: [
            { type: "text", text: "B" },
            { type: "text", text: "C" },
          ],
        },
        hi,
      ]);
      expect(system).toEqual([
        { type: "text", text: "A" },
        { type: "text", text: "B" },
        { type: "text", text: "C" },
      ]);
      expect(messages).toEqual([{ role: "user", content: "hi" }]);
      expect(warnings).toEqual([]);
    });

    test("a system message in the middle moves to the system prompt, with a warning", () => {
      const { system, messages, warnings } = conversation([
        { role: "system", content: "A" },
        hi,
        { role: "assistant", content: "hello" },
        { role: "system", content: "B" },
        { role: "user", content: "bye" },
      ]);
      expect(system).toEqual([
        { type: "text", text: "A" },
        { type: "text", text: "B" },
      ]);
      expect(messages).toEqual([
        { role: "user", content: "hi" },
        { role: "assistant", content: "hello" },
        { role: "user", content: "bye" },
      ]);
      expect(warnings).toEqual([
        "A system message in the middle of the conversation was moved to the system prompt.",
      ]);
    });

    test("a system message in the middle stays there for models that take it", () => {
      const messages = [{ role: "system", content: "A" }, hi, { role: "system", content: "B" }];
      const features = { midConversationSystem: true };
      const { body, warnings } = toAnthropic({ model: "m", messages }, { features });
      expect(body["system"]).toBe("A");
      expect(body["messages"]).toEqual([
        { role: "user", content: "hi" },
        { role: "system", content: "B" },
      ]);
      expect(warnings).toEqual([]);
    });

    test("a system message between tool calls and their results moves even then", () => {
      const features = { midConversationSystem: true };
      const tool_calls = [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }];
      const messages = [
        hi,
        { role: "assistant", tool_calls },
        { role: "system", content: "B" },
        { role: "tool", tool_call_id: "a", content: "1" },
      ];
      const { body, warnings } = toAnthropic({ model: "m", messages }, { features });
      expect(body["system"]).toBe("B");
      expect(body["messages"]).toMatchObject([
        {},
        { role: "assistant" },
        { content: [{ type: "tool_result" }] },
      ]);
      expect(warnings).toHaveLength(1);
    });

    test("a conversation of system messages only gets a user message", () => {
      const { system, messages, warnings } = conversation([
        { role: "system", content: "A" },
        { role: "system", content: "B" },
      ]);
      expect(system).toBe("A");
      expect(messages).toEqual([{ role: "user", content: "B" }]);
      expect(warnings).toHaveLength(1);
    });

    test("neighbours of one role are merged", () => {
      const { messages } = conversation([
        hi,
        { role: "user", content: "there" },
        { role: "assistant", content: "a" },
        { role: "assistant", content: "b" },
        hi,
      ]);
      expect(messages).toEqual([
        {
          role: "user",
          content: [
            { type: "text", text: "hi" },
            { type: "text", text: "there" },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        },
        { role: "user", content: "hi" },
      ]);
    });

    test("parallel tool calls and their results keep order, ids and the text beside them", () => {
      const { messages, warnings } = conversation([
        hi,
        {
          role: "assistant",
          content: "Let me look.",
          tool_calls: [
            { id: "call_a", type: "function", function: { name: "f", arguments: '{"x":1}' } },
            { id: "call_b", type: "function", function: { name: "g", arguments: "" } },
          ],
        },
        { role: "tool", tool_call_id: "call_a", content: "one" },
        {
          role: "tool",
          tool_call_id: "call_b",
          content: [
            { type: "text", text: "two" },
            { type: "text", text: "three" },
          ],
        },
        { role: "user", content: "and?" },
      ]);
      expect(messages).toEqual([
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Let me look." },
            { type: "tool_use", id: "call_a", name: "f", input: { x: 1 } },
            { type: "tool_use", id: "call_b", name: "g", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "call_a", content: "one" },
            {
              type: "tool_result",
              tool_use_id: "call_b",
              content: [
                { type: "text", text: "two" },
                { type: "text", text: "three" },
              ],
            },
            { type: "text", text: "and?" },
          ],
        },
      ] satisfies MessageParam[]);
      expect(warnings).toEqual([]);
    });

    test("results stand first in their turn even when something was said in between", () => {
      const { messages, warnings } = conversation([
        hi,
        {
          role: "assistant",
          tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        { role: "user", content: "wait" },
        { role: "tool", tool_call_id: "a", content: "1" },
      ]);
      expect(messages).toMatchObject([
        {},
        {},
        { content: [{ type: "tool_result" }, { type: "text", text: "wait" }] },
      ]);
      expect(warnings).toHaveLength(1);
    });

    test.each(["not json", "[1]", '"text"', '{"a":', "null"])(
      "arguments that are no object are wrapped: %s",
      (text) => {
        const { messages, warnings } = conversation([
          hi,
          {
            role: "assistant",
            tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: text } }],
          },
          { role: "tool", tool_call_id: "a", content: "1" },
        ]);
        expect(messages).toMatchObject([{}, { content: [{ input: { _tokenhub_raw_arguments: text } }] }, {}]);
        expect(warnings[0]).toContain("_tokenhub_raw_arguments");
      },
    );

    test("a tool call id Anthropic would refuse is rewritten the same way in call and result", () => {
      const { messages } = conversation([
        hi,
        {
          role: "assistant",
          tool_calls: [{ id: "f.x:0", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "f.x:0", content: "1" },
      ]);
      expect(messages).toMatchObject([
        {},
        { content: [{ id: "th64_Zi54OjA" }] },
        { content: [{ tool_use_id: "th64_Zi54OjA" }] },
      ]);
    });

    test.each<[string, object, object | null, number]>([
      [
        "an image URL",
        { type: "image_url", image_url: { url: "https://x/y.png" } },
        { type: "image", source: { type: "url", url: "https://x/y.png" } },
        0,
      ],
      [
        "an inline image",
        { type: "image_url", image_url: { url: "data:image/jpeg;base64,AA==", detail: "auto" } },
        { type: "image", source: { type: "base64", media_type: "image/jpeg", data: "AA==" } },
        0,
      ],
      [
        "image detail",
        { type: "image_url", image_url: { url: "https://x", detail: "low" } },
        { type: "image", source: { type: "url", url: "https://x" } },
        1,
      ],
      [
        "a PDF",
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" } },
        {
          type: "document",
          source: { type: "base64", media_type: "application/pdf", data: "JVBE" },
          title: "a.pdf",
        },
        0,
      ],
      [
        "a text file",
        { type: "file", file: { filename: "a.txt", file_data: "data:text/plain;base64,w6Q=" } },
        { type: "document", source: { type: "text", media_type: "text/plain", data: "ä" }, title: "a.txt" },
        0,
      ],
      [
        "an image file",
        { type: "file", file: { file_data: "data:image/png;base64,AA==" } },
        { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } },
        0,
      ],
      ["an uploaded file", { type: "file", file: { file_id: "file-1" } }, null, 1],
      ["a binary file", { type: "file", file: { file_data: "data:application/zip;base64,/w==" } }, null, 1],
      ["audio", { type: "input_audio", input_audio: { data: "AA==", format: "wav" } }, null, 1],
      ["an unknown part", { type: "hologram", x: 1 }, null, 1],
      [
        "cache_control",
        { type: "text", text: "t", cache_control: { type: "ephemeral" } },
        { type: "text", text: "t", cache_control: { type: "ephemeral" } },
        0,
      ],
      [
        "prompt_cache_breakpoint",
        { type: "text", text: "t", prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } },
        { type: "text", text: "t", cache_control: { type: "ephemeral", ttl: "1h" } },
        0,
      ],
      [
        "an unknown member of a part",
        { type: "text", text: "t", glow: true },
        { type: "text", text: "t" },
        1,
      ],
    ])("%s", (_title, part, expected, warningCount) => {
      const before = { type: "text", text: "before" };
      const { body, warnings } = toAnthropic({
        model: "m",
        messages: [{ role: "user", content: [before, part] }],
      });
      const content = expected === null ? "before" : [before, expected];
      expect(body["messages"]).toEqual([{ role: "user", content }]);
      expect(warnings).toHaveLength(warningCount);
    });

    test("empty text and empty messages, which Anthropic refuses, are left out", () => {
      const { messages, warnings } = conversation([
        {
          role: "user",
          content: [
            { type: "text", text: "" },
            { type: "text", text: "a" },
            { type: "text", text: " \n" },
          ],
        },
        { role: "assistant", content: "" },
        { role: "user", content: "b" },
      ]);
      expect(messages).toEqual([
        {
          role: "user",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        },
      ]);
      expect(warnings).toHaveLength(2);
    });

    test("a refusal becomes text, a name is reported", () => {
      const { messages, warnings } = conversation([
        { role: "user", name: "ann", content: "hi" },
        { role: "assistant", refusal: "No." },
        hi,
      ]);
      expect(messages).toMatchObject([{}, { role: "assistant", content: "No." }, {}]);
      expect(warnings).toEqual([
        "`messages[].name` cannot be expressed in anthropic-messages and was left out.",
      ]);
    });

    test("signed and redacted reasoning goes back to Anthropic, unsigned reasoning is reported", () => {
      const assistant = {
        role: "assistant",
        content: "yes",
        reasoning_content: "ab",
        reasoning_details: [
          { type: "reasoning.text", index: 0, text: "a", signature: null },
          { type: "reasoning.text", index: 0, text: "b", signature: "sig" },
          { type: "reasoning.encrypted", index: 1, data: "xyz" },
        ],
      };
      const { body, warnings } = toAnthropic({ model: "m", messages: [hi, assistant, hi] });
      expect(body["messages"]).toMatchObject([
        {},
        {
          content: [
            { type: "thinking", thinking: "ab", signature: "sig" },
            { type: "redacted_thinking", data: "xyz" },
            { type: "text", text: "yes" },
          ],
        },
        {},
      ]);
      expect(warnings).toEqual([]);
      const unsigned = { role: "assistant", content: "yes", reasoning_content: "hm" };
      const second = toAnthropic({ model: "m", messages: [hi, unsigned, hi] });
      expect(second.body["messages"]).toMatchObject([{}, { content: "yes" }, {}]);
      expect(second.warnings).toHaveLength(1);
    });

    test("a custom tool call in the history becomes a tool_use", () => {
      const { messages, warnings } = conversation([
        hi,
        {
          role: "assistant",
          tool_calls: [{ id: "c", type: "custom", custom: { name: "code", input: "print(1)" } }],
        },
        { role: "tool", tool_call_id: "c", content: "1" },
      ]);
      expect(messages).toMatchObject([
        {},
        { content: [{ type: "tool_use", input: { input: "print(1)" } }] },
        {},
      ]);
      expect(warnings).toHaveLength(1);
    });

    test("a conversation that ends with the assistant is reported, because Anthropic continues it", () => {
      const { warnings } = conversation([hi, { role: "assistant", content: "I" }]);
      expect(warnings).toHaveLength(1);
    });

    test.each<[unknown, string]>([
      [undefined, "messages"],
      ["hi", "messages"],
      [["hi"], "messages.0"],
      [[{ role: "robot", content: "x" }], "messages.0.role"],
    ])("messages %j are an invalid request at %s", (messages, param) => {
      expect(() => toAnthropic({ model: "m", messages })).toThrow(
        expect.objectContaining({ code: "invalid_request", param }),
      );
    });
  });

  describe("reasoning_effort", () => {
    test.each<[string, number]>([
      ["minimal", 1_024],
      ["low", 2_048],
      ["medium", 8_192],
      ["high", 16_384],
      ["xhigh", 32_768],
      ["max", 65_536],
    ])("%s becomes a budget of %d", (reasoning_effort, budget_tokens) => {
      const { body, warnings } = toAnthropic(request({ reasoning_effort }), { maxOutputTokens: 128_000 });
      expect(body).toMatchObject({ max_tokens: 128_000, thinking: { type: "enabled", budget_tokens } });
      expect(warnings).toEqual([]);
    });

    test("the budget leaves room for the answer below max_tokens", () => {
      const { body } = toAnthropic(request({ reasoning_effort: "high", max_completion_tokens: 6_000 }));
      expect(body).toMatchObject({ max_tokens: 6_000, thinking: { budget_tokens: 6_000 - 1_024 } });
      const small = toAnthropic(request({ reasoning_effort: "high", max_completion_tokens: 1_600 }));
      expect(small.body).toMatchObject({ max_tokens: 1_600, thinking: { budget_tokens: 1_200 } });
    });

    test("max_tokens grows with the budget when nobody set a limit", () => {
      const { body } = toAnthropic(request({ reasoning_effort: "max" }));
      expect(body).toMatchObject({ max_tokens: 4_096 + 16_384, thinking: { budget_tokens: 16_384 } });
    });

    test.each<[string, Record<string, unknown>]>([
      ["max_tokens leaves no room", { max_tokens: 1_000 }],
      ["a tool call is demanded", { tools: [weatherTool], tool_choice: "required" }],
      ["the conversation ends with the assistant", { messages: [hi, { role: "assistant", content: "I" }] }],
      [
        "the thinking behind the last tool call is missing",
        {
          messages: [
            hi,
            {
              role: "assistant",
              tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
            },
            { role: "tool", tool_call_id: "a", content: "1" },
          ],
        },
      ],
    ])("is left out with a warning when %s", (_title, members) => {
      const { body, warnings } = toAnthropic(request({ reasoning_effort: "medium", ...members }));
      expect(body).not.toHaveProperty("thinking");
      expect(warnings.filter((warning) => warning.startsWith("`reasoning_effort`"))).toHaveLength(1);
    });

    test("stays in a tool loop whose thinking was given back", () => {
      const reasoning_details = [{ type: "reasoning.text", text: "t", signature: "s" }];
      const tool_calls = [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }];
      const messages = [
        hi,
        { role: "assistant", tool_calls, reasoning_details },
        { role: "tool", tool_call_id: "a", content: "1" },
      ];
      const { body } = toAnthropic(request({ reasoning_effort: "low", messages }));
      expect(body["thinking"]).toEqual({ type: "enabled", budget_tokens: 2_048 });
    });

    test("takes the sampling parameters away that Anthropic refuses beside thinking", () => {
      const members = { reasoning_effort: "low", temperature: 0.2, top_p: 0.5, top_k: 3 };
      const { body, warnings } = toAnthropic(request(members));
      for (const name of ["temperature", "top_p", "top_k"]) expect(body).not.toHaveProperty(name);
      expect(warnings).toHaveLength(3);
      const harmless = toAnthropic(request({ reasoning_effort: "low", temperature: 1, top_p: 0.97 }));
      expect(harmless.body).toMatchObject({ temperature: 1, top_p: 0.97 });
      expect(harmless.warnings).toEqual([]);
    });

    test("becomes adaptive thinking with an effort for models that want that", () => {
      const features = { thinking: "adaptive" } as const;
      const { body } = toAnthropic(request({ reasoning_effort: "minimal" }), { features });
      expect(body).toMatchObject({ thinking: { type: "adaptive" }, output_config: { effort: "low" } });
    });
  });

  test("a hostile number of unknown members gives a short list of warnings", () => {
    const members = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`x${index}`.repeat(40), 1]),
    );
    const { warnings } = toAnthropic(request(members));
    expect(warnings).toHaveLength(33);
    expect(warnings.at(-1)).toBe("4968 more changes are not listed.");
    expect(warnings.join("").length).toBeLessThan(8_000);
  });
});

function withoutUndefined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
