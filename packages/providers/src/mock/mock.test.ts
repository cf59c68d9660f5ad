import { describe, expect, test } from "vitest";
import type { BuiltInAnswer } from "../definition/provider-definition.ts";
import { mock } from "./definition.ts";

const request = {
  model: "mock-gpt-4",
  messages: [{ role: "user", content: "Say hello to the whole world, please" }],
};

function ask(overrides: Partial<Parameters<typeof mock.answer>[0]> = {}): BuiltInAnswer {
  return mock.answer({
    operation: "chat",
    bodyText: JSON.stringify(request),
    stream: false,
    upstreamModel: "mock-gpt-4",
    requestId: "req_1",
    nowMs: 1_700_000_000_000,
    ...overrides,
  });
}

function body(answer: BuiltInAnswer): unknown {
  if (answer.kind !== "body") throw new Error(`expected a body, got ${answer.kind}`);
  return JSON.parse(answer.bodyText);
}

function embed(fields: Record<string, unknown>): { data: { embedding: number[] | string; index: number }[] } {
  const answer = ask({
    operation: "embeddings",
    bodyText: JSON.stringify(fields),
    upstreamModel: "mock-embed",
  });
  return body(answer) as { data: { embedding: number[] | string; index: number }[] };
}

describe("the mock provider", () => {
  test("S0-24: answers with its model's name, 50 tokens and stop, without any network", () => {
    expect(body(ask())).toMatchObject({
      object: "chat.completion",
      model: "mock-gpt-4",
      created: 1_700_000_000,
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Mock response from mock-gpt-4" },
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 41, total_tokens: 50 },
    });
  });

  test.each([
    ["no messages", {}],
    ["a huge prompt", { messages: [{ role: "user", content: "x".repeat(100_000) }] }],
    ["parts", { messages: [{ role: "user", content: [{ type: "text", text: "eight ch" }] }] }],
  ])("reports exactly 50 tokens for %s", (_name, fields) => {
    const { usage } = body(ask({ bodyText: JSON.stringify(fields) })) as { usage: Record<string, number> };
    expect(usage["total_tokens"]).toBe(50);
    expect(Number(usage["prompt_tokens"]) + Number(usage["completion_tokens"])).toBe(50);
    expect(usage["completion_tokens"]).toBeGreaterThanOrEqual(10);
    expect(usage["prompt_tokens"]).toBeGreaterThanOrEqual(1);
  });

  test("streams the same text by word, then finish, usage and [DONE]", () => {
    const answer = ask({ stream: true });
    if (answer.kind !== "stream") throw new Error("expected a stream");
    const events = [...answer.chunks].map((chunk) => chunk.replace(/^data: /, "").trimEnd());
    expect(events.pop()).toBe("[DONE]");
    const chunks = events.map((event) => JSON.parse(event) as Chunk);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "" });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join("")).toBe(
      "Mock response from mock-gpt-4",
    );
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 50 } });
    expect(chunks).toHaveLength(7);
  });

  test("gives equal texts equal vectors of length 1, and different texts different ones", () => {
    const { data } = embed({ input: ["one", "two", "one"], dimensions: 64 });
    const [first, second, third] = data.map((item) => item.embedding as number[]);
    expect(first).toHaveLength(64);
    expect(third).toEqual(first);
    expect(second).not.toEqual(first);
    expect(Math.hypot(...(first ?? []))).toBeCloseTo(1, 5);
    expect(data.map((item) => item.index)).toEqual([0, 1, 2]);
  });

  test("sends base64 floats when asked, as the official clients do", () => {
    const plain = embed({ input: "one" }).data[0]?.embedding as number[];
    const encoded = embed({ input: "one", encoding_format: "base64" }).data[0]?.embedding as string;
    const bytes = Buffer.from(encoded, "base64");
    const decoded = Array.from({ length: plain.length }, (_, index) => bytes.readFloatLE(index * 4));
    expect(decoded).toEqual(plain);
  });

  test("takes a list of tokens as one input", () => {
    expect(embed({ input: [1, 2, 3] }).data).toHaveLength(1);
    expect(embed({ input: [[1, 2], [3]] }).data).toHaveLength(2);
  });

  test("refuses a body that is not a JSON object as a bad request", () => {
    for (const bodyText of ["{", "null", "3"]) {
      expect(ask({ bodyText })).toMatchObject({ kind: "failed", failure: { class: "bad_request" } });
    }
  });
});

interface Chunk {
  choices: { delta?: { content?: string; role?: string }; finish_reason: string | null }[];
}
