import { TokenHubError } from "@tokenhub/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { target } from "./testing/transcode.ts";
import { readEvents } from "./testing/streams.ts";
import { streamErrorCode } from "./provider-stream-error.ts";
import { createStreamSummary } from "./stream-summary.ts";
import { createStreamTranscoder } from "./stream-transcoder.ts";
import { summariseResponse } from "./summarise-response.ts";
import { transcodeRequest } from "./transcode-request.ts";
import { transcodeResponse } from "./transcode-response.ts";

const words =
  `type role content text messages system user assistant tool developer function image_url image source base64 url data
  media_type document file file_data file_id input_audio tool_calls tool_call_id tool_use tool_result tool_use_id id name
  arguments input input_schema parameters tools tool_choice any required named allowed_tools custom thinking signature
  redacted_thinking reasoning_details reasoning.text reasoning_effort response_format json_schema schema output_config
  format effort cache_control ephemeral ttl stop stop_sequences max_tokens metadata user_id choices message delta index
  finish_reason stop_reason usage prompt_tokens input_tokens output_tokens error code message_start message_delta
  content_block content_block_start content_block_delta content_block_stop text_delta input_json_delta partial_json
  refusal function_call properties items enabled budget_tokens temperature n seed search_result citations
  prompt suffix echo text_completion logprobs tokens token_logprobs top_logprobs text_offset content token logprob
  output summary encrypted_content call_id function_call_output input_text output_text input_image image_url refusal
  item response status incomplete_details annotations item_id output_index sequence_number completed
  toString constructor hasOwnProperty`.split(/\s+/);

/** JSON of the formats' own words, put together in ways their schemas do not foresee. */
const { value: scrambled } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(
      ...words,
      "",
      " ",
      "{}",
      "data:image/png;base64,AA==",
      null,
      true,
      false,
      0,
      1,
      -1,
      1.5,
    ),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...words), tie("value"), { maxKeys: 5 }),
  ),
}));
const objects = fc.dictionary(fc.constantFrom(...words), scrambled, { maxKeys: 8 });

/** Bodies whose outline is right, so that the scrambled parts are reached. */
const requests = fc
  .tuple(
    objects,
    fc.array(fc.tuple(fc.constantFrom("system", "user", "assistant", "tool", "function"), objects)),
    fc.array(
      fc.tuple(fc.constantFrom("message", "function_call", "function_call_output", "reasoning"), objects),
    ),
  )
  .map(([body, messages, items]) => ({
    prompt: "x",
    ...body,
    messages: messages.map(([role, message]) => ({ ...message, role })),
    input: items.map(([type, item]) => ({ call_id: "c", role: "user", ...item, type })),
  }));

const directions = [
  ["openai-chat", "anthropic-messages"],
  ["anthropic-messages", "openai-chat"],
  ["openai-chat", "openai-chat"],
  ["anthropic-messages", "anthropic-messages"],
  ["openai-completions", "openai-chat"],
  ["openai-completions", "anthropic-messages"],
  ["openai-chat", "openai-completions"],
  ["anthropic-messages", "openai-completions"],
  ["openai-responses", "openai-chat"],
  ["openai-responses", "anthropic-messages"],
  ["openai-responses", "openai-responses"],
  ["openai-chat", "openai-responses"],
  ["anthropic-messages", "openai-responses"],
  ["openai-completions", "openai-responses"],
] as const;

/** What is returned, or the TokenHubError's code; any other error is a bug. */
function attempt(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (error instanceof TokenHubError) return JSON.stringify({ code: error.code });
    throw error;
  }
}

describe.each(directions)("from %s to %s", (from, to) => {
  test("a request of any shape gives JSON or a client error", () => {
    fc.assert(
      fc.property(requests, (body) => {
        const bodyText = JSON.stringify(body);
        const text = attempt(() => transcodeRequest({ from, to, bodyText, target }).bodyText);
        expect(() => JSON.parse(text)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  test("an answer of any shape gives JSON or a provider error", () => {
    const context = { requestId: "req_1", model: "fast", createdAtMs: 0 };
    const bodies = fc.oneof(
      objects,
      objects.map((message) => ({ choices: [{ message }] })),
      objects.map((choice) => ({ choices: [{ text: "x", ...choice }] })),
      fc.array(objects).map((content) => ({ type: "message", content })),
      fc.array(objects).map((output) => ({ object: "response", status: "completed", output })),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const bodyText = JSON.stringify(body);
        const text = attempt(() => transcodeResponse({ from, to, bodyText, context }));
        expect(() => JSON.parse(text)).not.toThrow();
        expect(() => summariseResponse(from, body)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  test("a stream of any events gives whole events", () => {
    const context = { requestId: "req_1", model: "fast", createdAtMs: 0 };
    const events = fc.oneof(
      objects,
      objects.map((delta) => ({ choices: [{ index: 0, delta }] })),
      objects.map((choice) => ({ choices: [{ ...choice, index: 0 }] })),
      fc
        .tuple(
          fc.constantFrom("message_start", "content_block_start", "content_block_delta", "message_delta"),
          objects,
        )
        .map(([type, event]) => ({ index: 0, ...event, type })),
      fc
        .tuple(
          fc.constantFrom("text_delta", "input_json_delta", "thinking_delta", "signature_delta"),
          objects,
        )
        .map(([type, delta]) => ({ type: "content_block_delta", index: 0, delta: { ...delta, type } })),
      fc
        .tuple(
          fc.constantFrom(
            "response.created",
            "response.output_item.added",
            "response.output_text.delta",
            "response.function_call_arguments.delta",
            "response.output_item.done",
            "response.completed",
            "response.failed",
          ),
          objects,
        )
        .map(([type, event]) => ({ output_index: 0, ...event, type })),
    );
    fc.assert(
      fc.property(fc.array(events), (list) => {
        const transcoder = createStreamTranscoder({ from, to, context, includeUsage: true });
        const summary = createStreamSummary(from);
        const written = list.map((event) => {
          const data = JSON.stringify(event);
          summary.observe({ event: null, data });
          return transcoder.push(`data: ${data}\n\n`);
        });
        const text = written.join("") + transcoder.end();
        expect(text === "" || text.endsWith("\n\n")).toBe(true);
        expect(() => readEvents(text)).not.toThrow();
        expect(() => summary.result()).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

describe("what is inherited by every object", () => {
  const names = ["toString", "constructor", "__proto__", "hasOwnProperty"];

  test.each(names)(
    "%s is an unknown part type, effort, thinking type or error code like any other",
    (name) => {
      const parts = [
        { type: "text", text: "x" },
        { type: name, text: "x" },
      ];
      const openAi = { messages: [{ role: "user", content: parts }], reasoning_effort: name };
      const anthropic = {
        max_tokens: 5,
        messages: [{ role: "user", content: parts }],
        thinking: { type: name },
      };
      for (const [from, to, body] of [
        ["openai-chat", "anthropic-messages", openAi],
        ["anthropic-messages", "openai-chat", anthropic],
      ] as const) {
        const { bodyText } = transcodeRequest({ from, to, bodyText: JSON.stringify(body), target });
        expect(JSON.parse(bodyText)).toMatchObject({ messages: [{ role: "user" }] });
      }
      expect(streamErrorCode({ message: "x", code: name, type: name })).toBe("provider_error");
    },
  );
});

describe("an answer nested too deeply to be written again", () => {
  const nested = '{"a":'.repeat(10_000) + "1" + "}".repeat(10_000);
  const context = { requestId: "req_1", model: "fast", createdAtMs: 0 };

  test("is the provider's fault, not the caller's", () => {
    const bodyText = `{"type":"message","content":[{"type":"tool_use","id":"t","name":"f","input":${nested}}]}`;
    expect(() =>
      transcodeResponse({ from: "anthropic-messages", to: "openai-chat", bodyText, context }),
    ).toThrow(expect.objectContaining({ code: "provider_bad_response" }));
  });

  test("ends a stream with an error event, behind what came before", () => {
    const input = { from: "openai-chat", to: "anthropic-messages", context, includeUsage: false } as const;
    const transcoder = createStreamTranscoder(input);
    const text = transcoder.push(
      `data: {"choices":[{"index":0,"delta":{"content":"hello"}}]}\n\ndata: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":${nested}}}]}}]}\n\n`,
    );
    expect(text).toContain("hello");
    expect(text).toContain("event: error");
    expect(transcoder.end()).toBe("");
  });
});
