import { resultOf, routingPolicySchema, type RequestResult, type WireFormatName } from "@tokenhub/contracts";
import { createStreamTranscoder, transcodeResponse, wireFormats } from "@tokenhub/translation";
import { describe, expect, it } from "vitest";
import type { ReplySink } from "../sync/await-reply.ts";
import { decodeKeptAnswer, encodeKeptAnswer, isKeepable, type KeptAnswer } from "./kept-answer.ts";
import { replayAnswer } from "./replay-answer.ts";

const origin = {
  requestId: "req_0123456789abcdef",
  acceptedAtMs: 1_700_000_000_000,
  estimatedInputTokens: 7,
};

function resultIn(wireFormat: WireFormatName, changes: Partial<RequestResult> = {}): RequestResult {
  const result = resultOf(
    {
      v: 1,
      requestId: origin.requestId,
      tenantId: "t",
      projectId: null,
      keyId: null,
      lane: "interactive",
      traceparent: null,
      acceptedAtMs: origin.acceptedAtMs,
      deadlineAtMs: origin.acceptedAtMs + 1,
      replyTo: null,
      features: {
        operation: "chat",
        wireFormat,
        stream: false,
        requestedModel: "m",
        estimatedInputTokens: 7,
        maxOutputTokens: null,
        needs: [],
        allowedModelIds: null,
        policy: routingPolicySchema.parse({}),
      },
      formatHeaders: {},
      round: 0,
      excluded: [],
      attempts: [],
      lastDecision: null,
    },
    {
      outcome: "succeeded",
      failure: null,
      decision: null,
      attempts: [],
      ambiguousCalls: 0,
      answer: {
        wireFormat,
        upstreamModel: "up",
        finishReason: { unified: "stop", raw: "stop" },
        usage: {
          inputTokens: 7,
          outputTokens: 4,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
          reasoningTokens: 0,
          source: "provider",
        },
        warnings: [],
      },
      firstTokenAtMs: null,
      finishedAtMs: origin.acceptedAtMs + 5,
    },
  );
  return { ...result, modelId: "m", providerId: "p", costUsd: 0.5, ...changes };
}

const openAiBody = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "up",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: "Two calls",
        tool_calls: [
          { id: "a", type: "function", function: { name: "f", arguments: '{"x":1}' } },
          { id: "b", type: "function", function: { name: "g", arguments: "{}" } },
        ],
      },
      finish_reason: "tool_calls",
    },
  ],
  usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 },
};
const anthropicBody = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "up",
  content: [
    { type: "thinking", thinking: "hm", signature: "sig" },
    { type: "text", text: "Hello" },
    { type: "tool_use", id: "toolu_1", name: "f", input: { x: 1 } },
  ],
  stop_reason: "tool_use",
  stop_sequence: null,
  usage: { input_tokens: 7, output_tokens: 4 },
};

function collect(): {
  sink: ReplySink;
  heard: { head: unknown; text: string; result: RequestResult | null; body: string };
} {
  const heard = { head: null as unknown, text: "", result: null as RequestResult | null, body: "" };
  const sink: ReplySink = {
    onHead: (head) => void (heard.head = head),
    onText: (text) => void (heard.text += text),
    onEnd: (result, body) => Object.assign(heard, { result, body }),
    onTimeout: () => undefined,
    onBroken: () => undefined,
  };
  return { sink, heard };
}

describe("replayAnswer", () => {
  const kept = (wireFormat: WireFormatName, body: unknown): KeptAnswer => ({
    origin,
    result: resultIn(wireFormat),
    head: null,
    text: JSON.stringify(body),
  });
  const replay = {
    requestId: "req_fedcba9876543210",
    durationMs: 2,
    callerFormat: "openai-chat",
    echoedPrompt: null,
  } as const;

  it("S3-91: gives the very body again, as a request of its own that made no call, used nothing and cost nothing", () => {
    const { sink, heard } = collect();
    replayAnswer(kept("openai-chat", openAiBody), sink, { ...replay, wantsStream: false });
    expect(heard.body).toBe(JSON.stringify(openAiBody));
    expect(heard.head).toBeNull();
    expect(heard.result).toMatchObject({
      requestId: replay.requestId,
      attempts: [],
      usage: null,
      costUsd: 0,
      modelId: "m",
      outcome: "succeeded",
    });
  });

  it.each<["openai-chat" | "anthropic-messages", "openai-chat" | "anthropic-messages"]>([
    ["openai-chat", "openai-chat"],
    ["openai-chat", "anthropic-messages"],
    ["anthropic-messages", "openai-chat"],
    ["anthropic-messages", "anthropic-messages"],
  ])("S3-91: streams a whole %s answer to a caller of %s with everything in it", (from, to) => {
    const answer = kept(from, from === "openai-chat" ? openAiBody : anthropicBody);
    const { sink, heard } = collect();
    replayAnswer(answer, sink, { ...replay, callerFormat: to, wantsStream: true });
    expect(heard.head).toMatchObject({ wireFormat: to, modelId: "m", attempts: 0 });

    // What a reader makes of the stream is what the whole answer says.
    const reader = wireFormats[to].createStreamReader();
    const frames = heard.text
      .split("\n\n")
      .filter((block) => block !== "")
      .flatMap((block) => {
        const data = /^data: (.*)$/m.exec(block)?.[1] ?? "";
        return reader.read({ event: /^event: (.*)$/m.exec(block)?.[1] ?? null, data });
      });
    const whole = wireFormats[to].parseResponse(
      JSON.parse(
        transcodeResponse({
          from,
          to,
          bodyText: answer.text,
          context: { requestId: origin.requestId, model: "m", createdAtMs: origin.acceptedAtMs },
        }),
      ),
    );
    const texts = (type: string) =>
      frames.flatMap((frame) => (frame.type === type && "text" in frame ? [frame.text] : [])).join("");
    expect(texts("text-delta")).toBe(
      whole.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join(""),
    );
    const calls = whole.content.flatMap((block) => (block.type === "tool-call" ? [block] : []));
    expect(
      frames.flatMap((frame) => (frame.type === "tool-call-start" ? [[frame.id, frame.name]] : [])),
    ).toEqual(calls.map(({ id, name }) => [id, name]));
    expect(JSON.parse(`[${calls.map((call) => call.arguments).join(",")}]`)).toEqual(
      calls.map((_, index) =>
        JSON.parse(
          frames
            .flatMap((frame) =>
              frame.type === "tool-call-delta" && frame.index === index ? [frame.text] : [],
            )
            .join(""),
        ),
      ),
    );
    expect(frames.find((frame) => frame.type === "finish")).toMatchObject({
      finish: { reason: "tool_calls" },
    });
    expect(frames.findLast((frame) => frame.type === "usage")).toMatchObject({ usage: { outputTokens: 4 } });

    // It passes the reply's own transcoder, which cuts the usage for those who did not ask for it.
    const context = { requestId: "r", model: "m", createdAtMs: 0 };
    const passing = createStreamTranscoder({ from: to, to, context, includeUsage: false });
    expect(passing.push(heard.text) + passing.end()).toContain(
      to === "openai-chat" ? "[DONE]" : "message_stop",
    );
  });

  it("S3-91: gives a kept stream again as it was", () => {
    const head = {
      v: 1 as const,
      wireFormat: "openai-chat" as const,
      modelId: "m",
      providerId: "p",
      upstreamModel: "up",
      reason: "named",
      attempts: 2,
      warnings: [],
    };
    const { sink, heard } = collect();
    const answer = { ...kept("openai-chat", {}), head, text: "data: x\n\n" };
    replayAnswer(answer, sink, { ...replay, wantsStream: true });
    expect(heard).toMatchObject({ head: { ...head, attempts: 0 }, text: "data: x\n\n", body: "" });
  });
});

describe("what is kept", () => {
  it("S3-91: comes back as it was, whatever the text holds", () => {
    const answer: KeptAnswer = {
      origin,
      result: resultIn("openai-chat"),
      head: null,
      text: '{"a":"\n\u2028"}\n\n',
    };
    expect(decodeKeptAnswer(encodeKeptAnswer(answer))).toEqual(answer);
    expect(decodeKeptAnswer('{"v":2}\nx')).toBeNull();
    expect(decodeKeptAnswer("garbage")).toBeNull();
  });

  it.each<[string, Partial<RequestResult>, boolean]>([
    ["an answer that came to its end", {}, true],
    ["calls of tools", { finishReason: { unified: "tool_calls", raw: "tool_calls" } }, true],
    ["a truncated answer", { finishReason: { unified: "length", raw: "length" } }, false],
    ["a filtered answer", { finishReason: { unified: "content_filter", raw: null } }, false],
    ["an answer without a reason for its end", { finishReason: null }, false],
    ["a failure", { outcome: "failed" }, false],
    ["a cancelled request", { outcome: "cancelled" }, false],
  ])("S3-91: decides whether to keep %s", (_title, changes, expected) => {
    expect(isKeepable(resultIn("openai-chat", changes), "chat")).toBe(expected);
  });
});
