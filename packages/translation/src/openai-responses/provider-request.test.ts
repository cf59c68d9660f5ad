import { describe, expect, test } from "vitest";
import { transcodeRequest } from "../transcode-request.ts";
import { target, transcodeBody } from "../testing/transcode.ts";

describe("as a provider's request", () => {
  const chat = {
    model: "m",
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        content: "Hm",
        tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "c", content: "" },
    ],
    tools: [{ type: "function", function: { name: "f" } }],
    stop: ["x"],
    seed: 1,
    user: "u",
  };

  test("nothing is left behind at the vendor, and a tool is not made strict unasked", () => {
    const { body, warnings } = transcodeBody(chat, {
      from: "openai-chat",
      to: "openai-responses",
      target: { stream: true },
    });
    expect(body).toEqual({
      model: "upstream",
      store: false,
      stream: true,
      input: [
        { type: "message", role: "developer", content: [{ type: "input_text", text: "Be brief." }] },
        { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hm" }] },
        { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: "" },
      ],
      tools: [{ type: "function", name: "f", strict: false }],
      user: "u",
    });
    expect(warnings).toEqual([
      "`stop` cannot be expressed in openai-responses and was left out.",
      "`seed` cannot be expressed in openai-responses and was left out.",
    ]);
  });

  test("in the same format keeps its bytes but what says how it is kept", () => {
    const own =
      '{ "input": "Hi",  "store":true, "model": "m", "background": true,"x":1.0, "previous_response_id":"resp_1", "tokenhub":{}, "tools":[{"type":"web_search"}]}';
    const { bodyText } = transcodeRequest({
      from: "openai-responses",
      to: "openai-responses",
      bodyText: own,
      target,
    });
    expect(bodyText).toBe(
      '{ "input": "Hi",  "store":false, "model": "upstream","x":1.0, "tools":[{"type":"web_search"}]}',
    );
  });

  test("in the same format leaves out reasoning that only a kept response would hold", () => {
    const theirs = { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "gAAAA" };
    const input = [
      { type: "reasoning", id: "rs_1", summary: [] },
      theirs,
      { type: "reasoning", id: "rs_3", summary: [], encrypted_content: "tokenhub-redacted:x" },
      { role: "user", content: "Hi" },
    ];
    const { body } = transcodeBody({ input }, { from: "openai-responses", to: "openai-responses" });
    expect(body["input"]).toEqual([theirs, { role: "user", content: "Hi" }]);
  });
});
