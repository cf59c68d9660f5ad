import type { MessageCreateParams, MessageParam } from "@anthropic-ai/sdk/resources/messages/messages";
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { describe, expect, test } from "vitest";
import { toOpenAi } from "./testing/transcode.ts";

const hi: MessageParam = { role: "user", content: "hi" };
const weatherTool = { name: "weather", input_schema: { type: "object", properties: {} } };

function request(members: Record<string, unknown>): object {
  return { model: "m", max_tokens: 100, messages: [hi], ...members };
}

function conversation(
  messages: readonly MessageParam[],
  extensions: readonly string[] = [],
): { readonly messages: unknown; readonly warnings: readonly string[] } {
  const { body, warnings } = toOpenAi({ model: "m", max_tokens: 100, messages }, { extensions });
  return { messages: body["messages"], warnings };
}

describe("an Anthropic request for OpenAI", () => {
  test("is written in full", () => {
    const source = {
      model: "smart",
      max_tokens: 500,
      stream: true,
      system: [
        { type: "text", text: "Be brief." },
        { type: "text", text: "Be kind." },
      ],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0=" } },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Looking." },
            { type: "tool_use", id: "toolu_1", name: "lookup", input: { id: "x" } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "toolu_1", content: "a cat" },
            { type: "text", text: "Well?" },
          ],
        },
      ],
      tools: [
        {
          name: "lookup",
          description: "Looks a thing up.",
          input_schema: { type: "object", properties: { id: { type: "string" } } },
          strict: true,
        },
      ],
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      stop_sequences: ["END"],
      metadata: { user_id: "user-7" },
      service_tier: "standard_only",
      output_config: {
        effort: "high",
        format: { type: "json_schema", schema: { title: "My answer", type: "object" } },
      },
    } satisfies MessageCreateParams;
    const { body, warnings } = toOpenAi({ ...source, temperature: 0.5, top_p: 0.9 }, { stream: true });
    expect(body).toEqual({
      model: "upstream",
      messages: [
        {
          role: "system",
          content: [
            { type: "text", text: "Be brief." },
            { type: "text", text: "Be kind." },
          ],
        },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0=" } },
          ],
        },
        {
          role: "assistant",
          content: "Looking.",
          tool_calls: [
            { id: "toolu_1", type: "function", function: { name: "lookup", arguments: '{"id":"x"}' } },
          ],
        },
        { role: "tool", tool_call_id: "toolu_1", content: "a cat" },
        { role: "user", content: "Well?" },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 500,
      temperature: 0.5,
      top_p: 0.9,
      stop: ["END"],
      user: "user-7",
      service_tier: "default",
      reasoning_effort: "high",
      response_format: {
        type: "json_schema",
        json_schema: { name: "My_answer", schema: { title: "My answer", type: "object" }, strict: true },
      },
      tools: [
        {
          type: "function",
          function: {
            name: "lookup",
            description: "Looks a thing up.",
            parameters: { type: "object", properties: { id: { type: "string" } } },
            strict: true,
          },
        },
      ],
      tool_choice: "required",
      parallel_tool_calls: false,
    } satisfies ChatCompletionCreateParamsStreaming);
    expect(warnings).toEqual([]);
  });

  describe("members", () => {
    test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
      ["max_tokens", { max_tokens: 7 }, { max_completion_tokens: 7 }],
      ["temperature", { temperature: 1 }, { temperature: 1 }],
      ["top_p", { top_p: 0.1 }, { top_p: 0.1 }],
      ["stop_sequences", { stop_sequences: ["a", "b"] }, { stop: ["a", "b"] }],
      ["metadata.user_id", { metadata: { user_id: "u" } }, { user: "u" }],
      ["service_tier auto", { service_tier: "auto" }, { service_tier: "auto" }],
      ["service_tier standard_only", { service_tier: "standard_only" }, { service_tier: "default" }],
      ["effort", { output_config: { effort: "max" } }, { reasoning_effort: "max" }],
      [
        "the older output_format",
        { output_format: { type: "json_schema", schema: { type: "object" } } },
        {
          response_format: {
            type: "json_schema",
            json_schema: { name: "response", schema: { type: "object" }, strict: true },
          },
        },
      ],
      [
        "adaptive thinking with an effort",
        { thinking: { type: "adaptive" }, output_config: { effort: "low" } },
        { reasoning_effort: "low" },
      ],
      ["adaptive thinking", { thinking: { type: "adaptive" } }, {}],
      ["null members", { cache_control: null, container: null, metadata: { user_id: null } }, {}],
      ["the member tokenhub", { tokenhub: {} }, {}],
    ])("%s survive without a warning", (_title, members, expected) => {
      const { body, warnings } = toOpenAi(request(members));
      expect(body).toEqual({
        model: "upstream",
        messages: [{ role: "user", content: "hi" }],
        max_completion_tokens: 100,
        ...expected,
      });
      expect(warnings).toEqual([]);
    });

    test.each<[string, Record<string, unknown>]>([
      ["top_k", { top_k: 40 }],
      ["container", { container: "c" }],
      ["cache_control", { cache_control: { type: "ephemeral" } }],
      ["inference_geo", { inference_geo: "eu" }],
      ["speed", { speed: "fast" }],
      ["mcp_servers", { mcp_servers: [{}] }],
      ["metadata", { metadata: { team: "x" } }],
      ["output_config", { output_config: { task_budget: 5 } }],
      ["thinking", { thinking: { type: "dreaming" } }],
      ["thinking.type between_tools", { thinking: { type: "between_tools" } }],
      ["thinking.display", { thinking: { type: "adaptive", display: "omitted" } }],
      ["made_up", { made_up: [] }],
    ])("%s is reported, because OpenAI cannot express it", (name, members) => {
      const { body, warnings } = toOpenAi(request(members));
      expect(warnings).toEqual([`\`${name}\` cannot be expressed in openai-chat and was left out.`]);
      expect(Object.keys(body)).toEqual(["model", "messages", "max_completion_tokens"]);
    });

    test("top_k is sent to servers that accept it", () => {
      const { body, warnings } = toOpenAi(request({ top_k: 40 }), { extensions: ["top_k"] });
      expect(body["top_k"]).toBe(40);
      expect(warnings).toEqual([]);
    });

    test("the output limit has the name that the server knows, and stays below the model's maximum", () => {
      const { body, warnings } = toOpenAi(request({ max_tokens: 9_000 }), {
        maxOutputTokens: 4_000,
        features: { maxTokensField: "max_tokens" },
      });
      expect(body).toMatchObject({ max_tokens: 4_000 });
      expect(body).not.toHaveProperty("max_completion_tokens");
      expect(warnings).toHaveLength(1);
    });

    test("stop sequences beyond four are reported", () => {
      const stop_sequences = ["a", "b", "c", "d", "e"];
      const { body, warnings } = toOpenAi(request({ stop_sequences }));
      expect(body["stop"]).toEqual(["a", "b", "c", "d"]);
      expect(warnings).toHaveLength(1);
      expect(toOpenAi(request({ stop_sequences }), { features: { maxStopSequences: 16 } }).warnings).toEqual(
        [],
      );
    });

    test("usage is not asked for where the server refuses the option", () => {
      const { body } = toOpenAi(request({}), { stream: true, features: { streamUsage: false } });
      expect(body["stream"]).toBe(true);
      expect(body).not.toHaveProperty("stream_options");
    });
  });

  describe("thinking", () => {
    test.each<[number, string]>([
      [1_024, "low"],
      [2_048, "low"],
      [4_096, "medium"],
      [8_192, "medium"],
      [12_288, "high"],
      [16_384, "high"],
      [60_000, "high"],
    ])("a budget of %d becomes %s, with a warning", (budget_tokens, effort) => {
      const { body, warnings } = toOpenAi(request({ thinking: { type: "enabled", budget_tokens } }));
      expect(body["reasoning_effort"]).toBe(effort);
      expect(warnings).toHaveLength(1);
    });

    test("switched off is sent only to models known to take it", () => {
      const members = { thinking: { type: "disabled" } };
      const plain = toOpenAi(request(members));
      expect(plain.body).not.toHaveProperty("reasoning_effort");
      expect(plain.warnings).toHaveLength(1);
      const known = toOpenAi(request(members), { features: { reasoningEfforts: ["none", "low"] } });
      expect(known.body["reasoning_effort"]).toBe("none");
      expect(known.warnings).toEqual([]);
    });

    test("an effort the model does not take is reported", () => {
      const members = { output_config: { effort: "max" } };
      const { body, warnings } = toOpenAi(request(members), {
        features: { reasoningEfforts: ["low", "high"] },
      });
      expect(body).not.toHaveProperty("reasoning_effort");
      expect(warnings).toHaveLength(1);
    });
  });

  describe("tools", () => {
    test.each<[string, unknown, unknown]>([
      ["auto", { type: "auto" }, "auto"],
      ["none", { type: "none" }, "none"],
      ["any", { type: "any" }, "required"],
      ["tool", { type: "tool", name: "weather" }, { type: "function", function: { name: "weather" } }],
    ])("tool_choice %s", (_title, tool_choice, expected) => {
      const { body, warnings } = toOpenAi(request({ tools: [weatherTool], tool_choice }));
      expect(body["tool_choice"]).toEqual(expected);
      expect(body).not.toHaveProperty("parallel_tool_calls");
      expect(warnings).toEqual([]);
    });

    test("a tool of the vendor's own and a choice of it are reported", () => {
      const tools = [{ type: "web_search_20250305", name: "web_search" }];
      const { body, warnings } = toOpenAi(request({ tools, tool_choice: { type: "any" } }));
      expect(body).not.toHaveProperty("tools");
      expect(warnings).toEqual([
        "`tools[] web_search` cannot be expressed in openai-chat and was left out.",
        "`tool_choice` was left out: the request has no tools that openai-chat can express.",
      ]);
    });

    test("members of a tool that OpenAI does not have are reported", () => {
      const tool = {
        ...weatherTool,
        type: "custom",
        cache_control: { type: "ephemeral" },
        defer_loading: true,
      };
      const { body, warnings } = toOpenAi(request({ tools: [tool] }));
      expect(body["tools"]).toEqual([
        { type: "function", function: { name: "weather", parameters: weatherTool.input_schema } },
      ]);
      expect(warnings).toEqual([
        "`tools[].defer_loading` cannot be expressed in openai-chat and was left out.",
        "`tools[].cache_control` cannot be expressed in openai-chat and was left out.",
      ]);
    });
  });

  describe("messages", () => {
    test("a system prompt of one block is plain text", () => {
      const { body } = toOpenAi(request({ system: "Be brief." }));
      expect(body["messages"]).toEqual([
        { role: "system", content: "Be brief." },
        { role: "user", content: "hi" },
      ]);
    });

    test("a system message in the conversation stays where it is", () => {
      const { messages, warnings } = conversation([hi, { role: "system", content: "Now rhyme." }]);
      expect(messages).toEqual([
        { role: "user", content: "hi" },
        { role: "system", content: "Now rhyme." },
      ]);
      expect(warnings).toEqual([]);
    });

    test("tool results become tool messages, text beside them a user message, order kept", () => {
      const { messages, warnings } = conversation([
        hi,
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "a", name: "f", input: {} },
            { type: "tool_use", id: "b", name: "g", input: [] },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "a", content: [{ type: "text", text: "1" }] },
            { type: "tool_result", tool_use_id: "b" },
            { type: "text", text: "go" },
            { type: "text", text: "on" },
          ],
        },
      ]);
      expect(messages).toEqual([
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
            { id: "b", type: "function", function: { name: "g", arguments: "[]" } },
          ],
        },
        { role: "tool", tool_call_id: "a", content: "1" },
        { role: "tool", tool_call_id: "b", content: "" },
        {
          role: "user",
          content: [
            { type: "text", text: "go" },
            { type: "text", text: "on" },
          ],
        },
      ] satisfies ChatCompletionMessageParam[]);
      expect(warnings).toEqual([]);
    });

    test("images in tool results follow behind the last result of the turn", () => {
      const { messages, warnings } = conversation([
        hi,
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "a", name: "f", input: {} },
            { type: "tool_use", id: "b", name: "f", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: "a",
              content: [{ type: "image", source: { type: "url", url: "https://x/y.png" } }],
            },
            { type: "tool_result", tool_use_id: "b", content: "2" },
            { type: "text", text: "compare" },
          ],
        },
      ]);
      expect(messages).toMatchObject([
        {},
        {},
        { role: "tool", tool_call_id: "a", content: "See the attachments below." },
        { role: "tool", tool_call_id: "b", content: "2" },
        {
          role: "user",
          content: [
            { type: "text", text: "Attachments of the result of tool call a:" },
            { type: "image_url", image_url: { url: "https://x/y.png" } },
          ],
        },
        { role: "user", content: "compare" },
      ]);
      expect(warnings).toHaveLength(1);
    });

    test.each<[string, string | undefined, string]>([
      ["a plain text", "not found", "Error: not found"],
      ["a text that says so itself", "Error 404", "Error 404"],
      ["no text", undefined, "Error"],
    ])("a failed tool call says so: %s", (_title, content, expected) => {
      const result = {
        type: "tool_result",
        tool_use_id: "a",
        is_error: true,
        ...(content === undefined ? {} : { content }),
      };
      const { body, warnings } = toOpenAi(request({ messages: [{ role: "user", content: [result] }] }));
      expect(body["messages"]).toEqual([{ role: "tool", tool_call_id: "a", content: expected }]);
      expect(warnings).toHaveLength(1);
    });

    test.each<[string, object, object | null, number]>([
      [
        "an image URL",
        { type: "image", source: { type: "url", url: "https://x" } },
        { type: "image_url", image_url: { url: "https://x" } },
        0,
      ],
      ["an uploaded image", { type: "image", source: { type: "file", file_id: "f" } }, null, 1],
      [
        "a PDF",
        {
          type: "document",
          title: "a.pdf",
          source: { type: "base64", media_type: "application/pdf", data: "JVBE" },
        },
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" } },
        0,
      ],
      [
        "a PDF without title",
        { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBE" } },
        { type: "file", file: { filename: "document.pdf", file_data: "data:application/pdf;base64,JVBE" } },
        0,
      ],
      ["a PDF URL", { type: "document", source: { type: "url", url: "https://x.pdf" } }, null, 1],
      ["an uploaded document", { type: "document", source: { type: "file", file_id: "f" } }, null, 1],
      [
        "a text document",
        {
          type: "document",
          title: "T",
          context: "C",
          source: { type: "text", media_type: "text/plain", data: "D" },
        },
        { type: "text", text: "T\n\nC\n\nD" },
        0,
      ],
      [
        "citations",
        {
          type: "document",
          citations: { enabled: true },
          source: { type: "text", media_type: "text/plain", data: "D" },
        },
        { type: "text", text: "D" },
        1,
      ],
      [
        "a document of blocks",
        { type: "document", source: { type: "content", content: "inner" } },
        { type: "text", text: "inner" },
        0,
      ],
      [
        "a search result",
        { type: "search_result", source: "s", title: "t", content: [{ type: "text", text: "x" }] },
        { type: "text", text: "t\n\ns\n\nx" },
        1,
      ],
      ["a container upload", { type: "container_upload", file_id: "f" }, null, 1],
      [
        "cache_control",
        { type: "text", text: "t", cache_control: { type: "ephemeral" } },
        { type: "text", text: "t" },
        1,
      ],
      ["an unknown member of a block", { type: "text", text: "t", glow: 1 }, { type: "text", text: "t" }, 1],
    ])("%s", (_title, block, expected, warningCount) => {
      const before = { type: "text", text: "before" };
      const { body, warnings } = toOpenAi(
        request({ messages: [{ role: "user", content: [before, block] }] }),
      );
      const content = expected === null ? "before" : [before, expected];
      expect(body["messages"]).toEqual([{ role: "user", content }]);
      expect(warnings).toHaveLength(warningCount);
    });

    test("cache_control is sent to servers that accept it", () => {
      const text = { type: "text", text: "t", cache_control: { type: "ephemeral", ttl: "1h" } } as const;
      const message: MessageParam = { role: "user", content: [text] };
      expect(conversation([message], ["cache_control"])).toEqual({
        messages: [{ role: "user", content: [text] }],
        warnings: [],
      });
      expect(conversation([message], ["prompt_cache_breakpoint"])).toEqual({
        messages: [
          {
            role: "user",
            content: [{ type: "text", text: "t", prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } }],
          },
        ],
        warnings: [],
      });
    });

    test("thinking goes to servers that accept it and is reported for the others", () => {
      const messages: MessageParam[] = [
        hi,
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "sig" },
            { type: "redacted_thinking", data: "xyz" },
            { type: "text", text: "yes" },
          ],
        },
        hi,
      ];
      expect(conversation(messages)).toMatchObject({
        messages: [{}, { role: "assistant", content: "yes" }, {}],
        warnings: ["`thinking` cannot be expressed in openai-chat and was left out."],
      });
      expect(conversation(messages, ["reasoning_content", "reasoning_details"])).toMatchObject({
        messages: [
          {},
          {
            content: "yes",
            reasoning_content: "hm",
            reasoning_details: [
              { type: "reasoning.text", index: 0, text: "hm", signature: "sig" },
              { type: "reasoning.encrypted", index: 1, data: "xyz" },
            ],
          },
          {},
        ],
        warnings: [],
      });
    });

    test("an assistant message of thinking only is left out with it", () => {
      const thinking: MessageParam = {
        role: "assistant",
        content: [{ type: "thinking", thinking: "x", signature: "s" }],
      };
      expect(conversation([hi, thinking, hi]).messages).toHaveLength(2);
    });

    test("blocks of the vendor's own tools are reported", () => {
      const { messages, warnings } = conversation([
        hi,
        {
          role: "assistant",
          content: [
            { type: "server_tool_use", id: "s", name: "web_search", input: {} },
            { type: "text", text: "found", citations: [{ type: "char_location" } as never] },
          ],
        },
        hi,
      ]);
      expect(messages).toMatchObject([{}, { role: "assistant", content: "found" }, {}]);
      expect(warnings).toHaveLength(2);
    });

    test("arguments that had to be wrapped for Anthropic are unwrapped, ids that had to be rewritten restored", () => {
      const { messages } = conversation([
        hi,
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "th64_Zi54OjA", name: "f", input: { _tokenhub_raw_arguments: "{oops" } },
          ],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "th64_Zi54OjA", content: "x" }] },
      ]);
      expect(messages).toMatchObject([
        {},
        { tool_calls: [{ id: "f.x:0", function: { arguments: "{oops" } }] },
        { tool_call_id: "f.x:0" },
      ]);
    });

    test("a prefilled answer is reported, because OpenAI does not continue it", () => {
      expect(conversation([hi, { role: "assistant", content: "I" }]).warnings).toHaveLength(1);
    });

    test("a prefilled answer is continued by servers that can be told to", () => {
      const messages = [hi, { role: "assistant", content: "I" }];
      const { body, warnings } = toOpenAi(request({ messages }), { extensions: ["continue_final_message"] });
      expect(body).toMatchObject({ continue_final_message: true, add_generation_prompt: false });
      expect(warnings).toEqual([]);
    });

    test.each<[unknown, string]>([
      [undefined, "messages"],
      [[null], "messages.0"],
      [[{ role: "tool", content: "x" }], "messages.0.role"],
    ])("messages %j are an invalid request at %s", (messages, param) => {
      expect(() => toOpenAi(request({ messages }))).toThrow(
        expect.objectContaining({ code: "invalid_request", param }),
      );
    });
  });
});
