import { describe, expect, test } from "vitest";
import { inputItemsOf } from "./input-items.ts";
import { withPreviousTurn } from "./previous-turn.ts";
import { responseEnvelopeOf } from "./response-envelope.ts";
import { responseId } from "./response-id.ts";

describe("withPreviousTurn", () => {
  const items = [
    { type: "message", role: "user", content: "One" },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "Two" }] },
  ];
  const earlier = items.map((item) => JSON.stringify(item)).join(",");

  test("puts earlier items before a text, which becomes a message; every other byte stays", () => {
    const body = '{ "x":1.0,"input" : "Three \\u00fc", "previous_response_id":"resp_1"}';
    expect(withPreviousTurn(body, { items })).toBe(
      `{ "x":1.0,"input" : [${earlier},{"type":"message","role":"user","content":"Three \\u00fc"}], "previous_response_id":"resp_1"}`,
    );
  });

  test.each([
    ['[ {"role":"user","content":"Three"} ]', `[${earlier},{"role":"user","content":"Three"} ]`],
    ["[ ]", `[${earlier}]`],
  ])("puts them before the items of %s", (input, expected) => {
    expect(withPreviousTurn(`{"input":${input}}`, { items })).toBe(`{"input":${expected}}`);
  });

  test("gives a body without input one, and leaves it alone when there were no turns", () => {
    expect(withPreviousTurn('{"model":"m"}', { items })).toBe(`{"model":"m","input":[${earlier}]}`);
    expect(withPreviousTurn('{"model":"m"}', { items: [] })).toBe('{"model":"m"}');
    expect(() => withPreviousTurn("[]", { items })).toThrow(
      expect.objectContaining({ code: "invalid_json" }),
    );
  });
});

describe("inputItemsOf", () => {
  test("lists a text as a message", () => {
    expect(inputItemsOf({ input: "Hi" }, { responseId: "resp_1" })).toEqual([
      {
        id: "msg_1_in0",
        type: "message",
        role: "user",
        status: "completed",
        content: [{ type: "input_text", text: "Hi" }],
      },
    ]);
  });

  test("gives every item an id, the same each time, and keeps the one it has", () => {
    const body = {
      input: [
        { role: "assistant", content: "Hi" },
        { type: "function_call", id: "fc_x", call_id: "c", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: "1" },
        { type: "reasoning", summary: [] },
      ],
    };
    const items = inputItemsOf(body, { responseId: "resp_1" });
    expect(items).toEqual([
      {
        id: "msg_1_in0",
        type: "message",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: "Hi", annotations: [] }],
      },
      { id: "fc_x", type: "function_call", call_id: "c", name: "f", arguments: "{}", status: "completed" },
      { id: "fco_1_in2", type: "function_call_output", call_id: "c", output: "1", status: "completed" },
      { id: "rs_1_in3", type: "reasoning", summary: [] },
    ]);
    expect(inputItemsOf(body, { responseId: "resp_1" })).toEqual(items);
  });

  test("has nothing to list where there is no input", () => {
    expect(inputItemsOf({}, { responseId: "resp_1" })).toEqual([]);
  });
});

describe("responseEnvelopeOf", () => {
  const context = { requestId: "req_0aff", model: "", createdAtMs: 5_000 };

  test("is queued in the background, and shows the model that was asked for as long as none answers", () => {
    expect(
      responseEnvelopeOf({ model: "fast", background: true, metadata: { a: "b" } }, context),
    ).toMatchObject({
      id: "resp_0aff",
      object: "response",
      created_at: 5,
      status: "queued",
      background: true,
      model: "fast",
      output: [],
      metadata: { a: "b" },
      error: null,
      usage: null,
    });
  });

  test("is in progress otherwise", () => {
    expect(responseEnvelopeOf({}, { ...context, model: "m" })).toMatchObject({
      status: "in_progress",
      model: "m",
    });
  });
});

test("all attempts of a request have one response id", () => {
  expect(responseId({ requestId: "req_0aff" })).toBe("resp_0aff");
  expect(responseId({ requestId: "req_0affr12" })).toBe("resp_0aff");
});
