import fc from "fast-check";
import { expect, test } from "vitest";
import { toOpenAi } from "../testing/transcode.ts";
import { transcodeResponse } from "../transcode-response.ts";
import { fitToolCallId } from "./tool-call-id.ts";

const context = { requestId: "req_1", model: "fast", createdAtMs: 0 };

test.each(["call_1", "toolu_01A09q90qw90lq917835lq9", "tooluse_kZJMlvQmRJ6eAyJE5GIl7Q", "", "f.x:0"])(
  "the id %j is passed on as it is",
  (id) => {
    expect(fitToolCallId(id)).toBe(id);
  },
);

test("a longer id than OpenAI takes is mapped to one of 37 characters, the same each time, different ones apart", () => {
  const long = fc.string({ minLength: 41, maxLength: 80 });
  fc.assert(
    fc.property(fc.uniqueArray(long, { minLength: 2, maxLength: 5 }), (ids) => {
      const mapped = ids.map(fitToolCallId);
      expect(mapped).toEqual(ids.map(fitToolCallId));
      expect(new Set(mapped).size).toBe(ids.length);
      for (const id of mapped) expect(id).toMatch(/^call_[0-9a-f]{32}$/);
    }),
  );
});

test("call and result keep matching when an id is shortened", () => {
  const id = "x".repeat(60);
  const { body } = toOpenAi({
    max_tokens: 5,
    messages: [
      { role: "assistant", content: [{ type: "tool_use", id, name: "f", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "1" }] },
    ],
  });
  const shortened = fitToolCallId(id);
  expect(body["messages"]).toMatchObject([
    { tool_calls: [{ id: shortened }] },
    { role: "tool", tool_call_id: shortened },
  ]);
});

test("an Anthropic answer keeps its ids for OpenAI callers; a call without one gets call_<position>", () => {
  const content = [
    { type: "text", text: "x" },
    { type: "tool_use", id: "toolu_1", name: "f", input: {} },
    { type: "tool_use", id: "", name: "f", input: {} },
  ];
  const bodyText = JSON.stringify({ type: "message", content, stop_reason: "tool_use" });
  const text = transcodeResponse({ from: "anthropic-messages", to: "openai-chat", bodyText, context });
  expect(JSON.parse(text)).toMatchObject({
    choices: [
      { message: { tool_calls: [{ id: "toolu_1" }, { id: "call_1" }] }, finish_reason: "tool_calls" },
    ],
  });
});
