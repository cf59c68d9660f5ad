import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutText } from "../testing/cut-text.ts";
import { responsesStream } from "../testing/responses-streams.ts";
import { anthropicStream, blockStart, chunk, openAiStream } from "../testing/streams.ts";
import {
  renameToolsInEvent,
  renameToolsInRequest,
  renameToolsInResponse,
  type ToolRenaming,
} from "./rename-tools.ts";
import { createToolNameFilter } from "./tool-name-filter.ts";

const toolNameMap = { str_replace_editor: "edit_file", execute_bash: "bash" };
const openAi: ToolRenaming = { format: "openai-chat", toolNameMap };
const anthropic: ToolRenaming = { format: "anthropic-messages", toolNameMap };

const responses: ToolRenaming = { format: "openai-responses", toolNameMap };

const fn = (name: string) => ({ type: "function", function: { name } });
const openAiRequest = (bash: string, edit: string): object => ({
  model: "m",
  temperature: 1,
  tools: [fn(bash), { type: "custom", custom: { name: edit } }, fn("other")],
  functions: [{ name: bash, parameters: { properties: { name: { const: "bash" } } } }],
  tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [fn(edit)] } },
  function_call: { name: bash },
  messages: [
    { role: "user", content: "run bash", name: "bash" },
    {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "bash", type: "function", function: { name: bash, arguments: '{"name":"bash"}' } },
        { id: "2", type: "custom", custom: { name: edit, input: "bash" } },
      ],
      function_call: { name: bash, arguments: "{}" },
    },
    { role: "tool", tool_call_id: "bash", name: bash, content: "bash" },
    { role: "function", name: edit, content: "x" },
  ],
});
const anthropicRequest = (bash: string, edit: string): object => ({
  model: "m",
  tools: [
    { name: bash, input_schema: { type: "object" } },
    { type: "custom", name: edit, input_schema: { type: "object" } },
    { type: "bash_20250124", name: "bash" },
  ],
  tool_choice: { type: "tool", name: edit },
  messages: [
    { role: "user", content: "bash" },
    {
      role: "assistant",
      content: [
        { type: "text", text: "bash" },
        { type: "tool_use", id: "1", name: bash, input: { name: "bash" } },
        { type: "server_tool_use", id: "2", name: "bash", input: {} },
      ],
    },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "1", content: "bash" }] },
  ],
});

const responsesRequest = (bash: string, edit: string): object => ({
  model: "m",
  instructions: "bash",
  tools: [
    { type: "function", name: bash, parameters: { properties: { name: { const: "bash" } } } },
    { type: "custom", name: edit },
    { type: "web_search", name: "bash" },
  ],
  tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: edit }] },
  input: [
    { role: "user", content: "bash", name: "bash" },
    { type: "function_call", call_id: "bash", name: bash, arguments: '{"name":"bash"}' },
    { type: "custom_tool_call", call_id: "2", name: edit, input: "bash" },
    { type: "function_call_output", call_id: "bash", output: "bash" },
  ],
});

describe("a request", () => {
  test.each([
    ["openai-chat", openAi, openAiRequest],
    ["anthropic-messages", anthropic, anthropicRequest],
    ["openai-responses", responses, responsesRequest],
  ] as const)("of %s reaches the model under its names, wherever they stand", (_format, renaming, build) => {
    const sent = renameToolsInRequest(JSON.stringify(build("bash", "edit_file")), renaming);
    expect(JSON.parse(sent)).toEqual(build("execute_bash", "str_replace_editor"));
  });

  test("keeps every byte outside the members that hold such a name", () => {
    const text =
      '{ "model":"m", "temperature": 1.0, "messages": [ {"role":"user","content":"\\u00e4"} ], "tools":[]}';
    expect(renameToolsInRequest(text, openAi)).toBe(text);
    const withTool = text.replace("[]", '[ {"function":{"name":"bash"}} ]');
    expect(renameToolsInRequest(withTool, openAi)).toBe(
      text.replace("[]", '[{"function":{"name":"execute_bash"}}]'),
    );
  });

  test("takes the first model name where two stand for one client name", () => {
    const renaming = { ...openAi, toolNameMap: { first: "x", second: "x" } };
    expect(renameToolsInRequest(JSON.stringify({ tools: [fn("x")] }), renaming)).toContain('"first"');
  });

  test.each(["", "[]", "{", '{"tools":5,"messages":[null,{"content":7}],"tool_choice":"auto"}'])(
    "%j comes back as it is",
    (text) => {
      for (const renaming of [openAi, anthropic]) {
        expect(renameToolsInRequest(text, renaming)).toBe(text);
        expect(renameToolsInResponse(text, renaming)).toBe(text);
      }
    },
  );

  test("has no tools in formats without any", () => {
    const text = '{"prompt":"x","tools":[{"function":{"name":"bash"}}]}';
    expect(renameToolsInRequest(text, { format: "openai-completions", toolNameMap })).toBe(text);
    expect(renameToolsInRequest(text, { format: "openai-embeddings", toolNameMap })).toBe(text);
  });

  test("names that every object inherits are names like any other", () => {
    const text = JSON.stringify({ tools: [fn("constructor"), fn("__proto__")] });
    expect(renameToolsInRequest(text, openAi)).toBe(text);
    const renaming = { ...openAi, toolNameMap: { f: "constructor" } };
    expect(JSON.parse(renameToolsInRequest(text, renaming))).toEqual({ tools: [fn("f"), fn("__proto__")] });
  });
});

describe("an answer", () => {
  const chat = (name: string): object => ({
    choices: [
      {
        message: {
          content: "execute_bash",
          tool_calls: [{ id: "1", function: { name, arguments: '{"n":"execute_bash"}' } }],
          function_call: { name, arguments: "{}" },
        },
      },
      { message: { tool_calls: [{ id: "2", custom: { name, input: "x" } }] } },
    ],
    usage: { x: 1 },
  });
  const message = (name: string): object => ({
    type: "message",
    content: [
      { type: "text", text: "execute_bash" },
      { type: "tool_use", id: "1", name, input: {} },
    ],
  });

  test.each([
    ["openai-chat", openAi, chat],
    ["anthropic-messages", anthropic, message],
  ] as const)("of %s reaches the client under its names", (_format, renaming, build) => {
    const text = renameToolsInResponse(JSON.stringify(build("execute_bash")), renaming);
    expect(JSON.parse(text)).toEqual(build("bash"));
  });

  test("undoes what was done to the request", () => {
    const names = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), { maxKeys: 5 });
    fc.assert(
      fc.property(names, (map) => {
        const renaming = { format: "openai-chat", toolNameMap: map } as const;
        for (const clientName of Object.values(map)) {
          const sent = renameToolsInRequest(JSON.stringify({ tools: [fn(clientName)] }), renaming);
          const { tools } = JSON.parse(sent) as { tools: { function: { name: string } }[] };
          const calls = tools.map((tool) => ({ id: "1", ...tool }));
          const body = JSON.stringify({ choices: [{ message: { tool_calls: calls } }] });
          const seen = JSON.parse(renameToolsInResponse(body, renaming)) as object;
          expect(seen).toMatchObject({
            choices: [{ message: { tool_calls: [{ function: { name: clientName } }] } }],
          });
        }
      }),
    );
  });
});

describe("a stream", () => {
  const openAiEvents = (name: string): string =>
    ": comment\n\n" +
    openAiStream([
      chunk({ role: "assistant", content: "execute_bash" }),
      chunk({ tool_calls: [{ index: 0, id: "1", type: "function", function: { name, arguments: "" } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"name":"execute_bash"}' } }] }),
      chunk({}, "tool_calls"),
      "[DONE]",
    ]);
  const anthropicEvents = (name: string): string =>
    anthropicStream([
      blockStart(0, { type: "text", text: "tool_use execute_bash" }),
      blockStart(1, { type: "tool_use", id: "toolu_1", name, input: {} }),
      { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: "{}" } },
      { type: "message_stop" },
    ]);

  const responsesEvents = (name: string): string => {
    const call = { type: "function_call", id: "fc_1", call_id: "c", name, arguments: "{}" };
    const response = { id: "resp_1", tools: [{ type: "function", name }], output: [call] };
    return responsesStream([
      { type: "response.created", response: { ...response, output: [] } },
      { type: "response.output_text.delta", delta: "execute_bash", name: "execute_bash", output_index: 0 },
      { type: "response.output_item.added", output_index: 1, item: call },
      { type: "response.function_call_arguments.done", output_index: 1, name, arguments: "{}" },
      { type: "response.output_item.done", output_index: 1, item: call },
      { type: "response.completed", response },
    ]);
  };

  test.each([
    ["openai-chat", openAi, openAiEvents],
    ["anthropic-messages", anthropic, anthropicEvents],
    ["openai-responses", responses, responsesEvents],
  ] as const)("of %s reaches the client under its names, however it is cut", (_format, renaming, build) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 6 }), (places) => {
        const filter = createToolNameFilter(renaming);
        const pieces = cutText(build("execute_bash"), places).map((piece) => filter.push(piece));
        expect(pieces.join("") + filter.end()).toBe(build("bash"));
      }),
    );
  });

  test("whose last event lacks its blank line loses nothing", () => {
    const filter = createToolNameFilter(openAi);
    expect(filter.push("data: [DONE]") + filter.end()).toBe("data: [DONE]\n\n");
  });

  test("that was cut inside an event does not pass the half of it on", () => {
    const filter = createToolNameFilter(openAi);
    expect(filter.push('data: {}\n\ndata: {"choi') + filter.end()).toBe("data: {}\n\n");
  });

  test("is renamed event by event too", () => {
    const data = '{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"execute_bash"}}]}}]}';
    expect(renameToolsInEvent(data, openAi)).toBe(data.replace("execute_bash", "bash"));
    expect(renameToolsInEvent("[DONE]", openAi)).toBe("[DONE]");
  });
});
