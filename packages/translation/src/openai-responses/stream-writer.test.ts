import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AssistantBlock, CanonicalFinish, CanonicalFrame, CanonicalResponse } from "../canonical.ts";
import { answers, usages } from "../testing/arbitraries.ts";
import { accumulateResponses } from "../testing/responses-streams.ts";
import type { StreamContext } from "../wire-format.ts";
import { openAiResponses } from "./openai-responses.ts";

const context: StreamContext = {
  requestId: "req_0123456789abcdef",
  model: "fast",
  createdAtMs: 1_700_000_000_999,
  includeUsage: false,
};

const stop: CanonicalFinish = { reason: "stop", raw: "stop", stopSequence: null, explanation: null };
const start: CanonicalFrame = { type: "start", id: "up", model: "up", usage: null };

function text(piece: string): CanonicalFrame {
  return { type: "text-delta", text: piece };
}

function callStart(index: number, name: string, isFreeText = false): CanonicalFrame {
  return { type: "tool-call-start", index, id: `call_${index}`, name, isFreeText };
}

function callDelta(index: number, piece: string): CanonicalFrame {
  return { type: "tool-call-delta", index, text: piece };
}

function write(frames: readonly CanonicalFrame[], special: Partial<StreamContext> = {}): string {
  const writer = openAiResponses.createStreamWriter({ ...context, ...special });
  return [start, ...frames].map((frame) => writer.write(frame)).join("") + writer.end();
}

test("a text has its events in the API's order, with ids that follow from the request", () => {
  const written = write([text("Hello "), text("there"), { type: "finish", finish: stop }]);
  const { types, last } = accumulateResponses(written);
  expect(types).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  expect(last).toMatchObject({
    id: "resp_0123456789abcdef",
    created_at: 1_700_000_000,
    status: "completed",
    model: "fast",
    output: [
      {
        id: "msg_0123456789abcdef_0",
        type: "message",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: "Hello there", annotations: [], logprobs: [] }],
      },
    ],
  });
});

test("the same frames give the same bytes, and another attempt of the request has the same ids", () => {
  const frames = [text("a"), callStart(0, "f"), callDelta(0, "{}")];
  expect(write(frames)).toBe(write(frames));
  expect(write(frames, { requestId: `${context.requestId}r2` })).toBe(write(frames));
});

test("a background response is queued first", () => {
  const { types } = accumulateResponses(write([text("a")], { requestBody: { background: true } }));
  expect(types.slice(0, 3)).toEqual(["response.created", "response.queued", "response.in_progress"]);
});

test("the request's parameters are repeated from the first event on", () => {
  const requestBody = {
    model: "auto",
    input: "secret",
    instructions: "Be brief.",
    temperature: 0.5,
    metadata: { a: "b" },
    tools: [{ type: "function", name: "f" }],
    tool_choice: "required",
    reasoning: { effort: "low" },
    text: { verbosity: "low" },
    previous_response_id: "resp_0",
    store: false,
  };
  const written = write([text("a")], { requestBody });
  expect(written).not.toContain("secret");
  expect(accumulateResponses(written).last).toMatchObject({
    model: "fast",
    instructions: "Be brief.",
    temperature: 0.5,
    top_p: null,
    metadata: { a: "b" },
    tools: [{ type: "function", name: "f", parameters: null, strict: null }],
    tool_choice: "required",
    parallel_tool_calls: true,
    reasoning: { effort: "low", summary: null },
    text: { format: { type: "text" }, verbosity: "low" },
    previous_response_id: "resp_0",
    store: false,
    truncation: "disabled",
  });
});

test("calls that interleave stay one item each, and text behind them is a message of its own", () => {
  const { output, types } = accumulateResponses(
    write([
      text("Let me see."),
      callStart(0, "f"),
      callDelta(0, '{"a":'),
      callStart(1, "g"),
      callDelta(1, '{"b":2}'),
      callDelta(0, "1}"),
      callStart(2, "free", true),
      callDelta(2, "any text"),
      { type: "block-end" },
      text("Done."),
    ]),
  );
  expect(output).toMatchObject([
    { type: "message", content: [{ text: "Let me see." }] },
    { type: "function_call", call_id: "call_0", name: "f", arguments: '{"a":1}', status: "completed" },
    { type: "function_call", call_id: "call_1", name: "g", arguments: '{"b":2}' },
    { type: "custom_tool_call", call_id: "call_2", name: "free", input: "any text" },
    { type: "message", content: [{ text: "Done." }] },
  ]);
  expect(types.filter((type) => type === "response.function_call_arguments.done")).toHaveLength(2);
  expect(types).toContain("response.custom_tool_call_input.done");
});

test("white space behind whole arguments is not written", () => {
  const frames = [
    callStart(0, "f"),
    callDelta(0, "{}"),
    callDelta(0, "\n"),
    callStart(1, "g"),
    callDelta(0, " "),
  ];
  const { output } = accumulateResponses(write(frames));
  expect(output).toMatchObject([{ arguments: "{}" }, { arguments: "" }]);
});

test("reasoning is a summary that carries what must be given back", () => {
  const { output, types } = accumulateResponses(
    write([
      { type: "reasoning-delta", text: "Hm, " },
      { type: "reasoning-delta", text: "yes." },
      { type: "reasoning-signature", signature: "sig" },
      { type: "block-end" },
      { type: "redacted-reasoning", data: "xyz" },
      text("Yes."),
    ]),
  );
  expect(output).toEqual([
    {
      id: "rs_0123456789abcdef_0",
      type: "reasoning",
      summary: [{ type: "summary_text", text: "Hm, yes." }],
      encrypted_content: "tokenhub-signature:sig",
    },
    {
      id: "rs_0123456789abcdef_1",
      type: "reasoning",
      summary: [],
      encrypted_content: "tokenhub-redacted:xyz",
    },
    expect.objectContaining({ id: "msg_0123456789abcdef_2" }),
  ]);
  expect(types).toContain("response.reasoning_summary_part.done");
});

test("a refusal is a part, also when the provider only gives its reason", () => {
  const refusal = { type: "refusal-delta", text: "No." } as const;
  expect(accumulateResponses(write([refusal])).output).toMatchObject([
    { content: [{ type: "refusal", refusal: "No." }] },
  ]);
  const finish = { ...stop, reason: "content_filter" as const, explanation: "Harmful." };
  expect(accumulateResponses(write([{ type: "finish", finish }])).last).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason: "content_filter" },
    output: [{ content: [{ type: "refusal", refusal: "Harmful." }] }],
  });
});

test("an answer that was cut off is incomplete, and so is its last item", () => {
  const finish = { ...stop, reason: "length" as const };
  const { types, last } = accumulateResponses(
    write([text("a"), callStart(0, "f"), callDelta(0, '{"a'), { type: "finish", finish }]),
  );
  expect(types.at(-1)).toBe("response.incomplete");
  expect(last).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
    output: [{ status: "completed" }, { status: "incomplete", arguments: '{"a' }],
  });
});

test("log probabilities travel with their text", () => {
  const entry = { token: "a", logprob: -0.5, bytes: [97], top_logprobs: [] };
  const { output } = accumulateResponses(
    write([{ type: "logprobs", entries: [entry] }, text("a"), text("b")]),
  );
  expect(output).toMatchObject([{ content: [{ text: "ab", logprobs: [entry] }] }]);
});

describe("a failure", () => {
  const failure = { code: "provider_rate_limited", message: "Too fast." } as const;

  test("in the middle is an error and a failed response with what there was", () => {
    const writer = openAiResponses.createStreamWriter(context);
    const written = writer.write(start) + writer.write(text("Hel")) + writer.fail(failure);
    const { types, last } = accumulateResponses(written);
    expect(types.slice(-2)).toEqual(["error", "response.failed"]);
    expect(written).toContain(
      '"type":"error","code":"provider_rate_limited","message":"Too fast.","param":null',
    );
    expect(last).toMatchObject({
      status: "failed",
      error: { code: "rate_limit_exceeded", message: "Too fast." },
      output: [{ status: "incomplete", content: [{ text: "Hel" }] }],
    });
    expect(writer.end()).toBe("");
    expect(writer.fail(failure)).toBe("");
  });

  test("before anything else begins the response first", () => {
    const writer = openAiResponses.createStreamWriter(context);
    const { types, last } = accumulateResponses(writer.fail({ code: "internal_error", message: "Oh." }));
    expect(types).toEqual(["response.created", "response.in_progress", "error", "response.failed"]);
    expect(last).toMatchObject({ status: "failed", error: { code: "server_error", message: "Oh." } });
  });
});

/** A whole answer's blocks as a provider would stream them. */
function framesOf(blocks: readonly AssistantBlock[]): CanonicalFrame[] {
  let calls = 0;
  return blocks.flatMap((block): CanonicalFrame[] => {
    const end: CanonicalFrame = { type: "block-end" };
    switch (block.type) {
      case "text":
        return [...Array.from(block.text, (piece) => text(piece)), end];
      case "reasoning":
        return [
          { type: "reasoning-delta", text: block.text },
          { type: "reasoning-signature", signature: block.signature ?? "" },
          end,
        ];
      case "redacted-reasoning":
        return [block, end];
      case "tool-call": {
        const index = calls;
        calls += 1;
        const pieces = Array.from(block.arguments, (piece) => callDelta(index, piece));
        return [{ ...block, type: "tool-call-start", index }, ...pieces, end];
      }
      case "refusal":
      case "image":
      case "document":
      case "native":
        return [];
    }
  });
}

test("the last event of a stream carries the response that a whole answer is", () => {
  const reasons = fc.constantFrom("stop", "length", "tool_calls", "content_filter");
  fc.assert(
    fc.property(answers, usages, reasons, (content, usage, reason) => {
      const finish = { ...stop, reason };
      const response: CanonicalResponse = {
        id: null,
        model: "m",
        content,
        finish,
        usage,
        serviceTier: null,
        logprobs: null,
        extras: { format: "openai-chat", members: {} },
      };
      const frames: CanonicalFrame[] = [
        ...framesOf(content),
        { type: "usage", usage },
        { type: "finish", finish },
      ];
      const { last, output } = accumulateResponses(write(frames));
      expect(last).toEqual(openAiResponses.buildResponse(response, context));
      expect(last["output"]).toEqual(output);
    }),
  );
});
