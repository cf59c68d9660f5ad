import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { postJson } from "./post-json.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => network.mock.clearCalls());

interface Completion {
  readonly id: string;
  readonly choices: { readonly message: { readonly content: string }; readonly finish_reason: string }[];
  readonly usage: { readonly total_tokens: number; readonly completion_tokens: number };
}

async function shaped(text: string | string[], rest: object, request: object = {}) {
  network.mock.plan("up-gpt", typeof text === "string" ? { text } : { texts: text });
  const messages = [{ role: "user", content: "hello" }];
  const answer = await postJson(network, "/v1/chat", {
    body: { request: { messages, model_hint: "gpt-test", ...request }, ...rest },
  });
  return { ...answer, completion: answer.json["response"] as Completion };
}
const contentOf = async (text: string, output_format: object) =>
  (await shaped(text, { output_format })).completion.choices[0]?.message.content;

describe("output formats", () => {
  it("think-stripping, truncation and the forms change the text and keep id, usage and finish reason", async () => {
    expect(await contentOf("<think>hm</think>The answer", { strip_think: true })).toBe("The answer");
    expect(await contentOf("abcdefghijkl", { max_tokens: 2 })).toBe("abcdefgh...");
    expect(await contentOf("## Title\n\n**bold**", { type: "text" })).toBe("Title\n\nbold");
    expect(await contentOf("say\n```xml\n<a/>\n```", { type: "xml" })).toBe("<a/>");
    const { completion } = await shaped('```json\n{"a":1}\n```', { output_format: { type: "json" } });
    expect(completion.choices[0]).toMatchObject({ message: { content: '{"a":1}' }, finish_reason: "stop" });
    expect(completion.id).toMatch(/^chatcmpl-/);
    expect(completion.usage.total_tokens).toBeGreaterThan(0);
  });

  it("work on the OpenAI and Anthropic doors through the `tokenhub` member", async () => {
    const messages = [{ role: "user", content: "hello" }];
    const tokenhub = { output_format: { strip_think: true } };
    network.mock.plan("up-gpt", { text: "<think>hm</think>Yes" });
    network.mock.plan("up-claude", { text: "<think>hm</think>Yes" });
    const openai = await postJson(network, "/v1/chat/completions", {
      body: { model: "gpt-test", messages, tokenhub },
    });
    const anthropic = await postJson(network, "/v1/messages", {
      body: { model: "claude-test", max_tokens: 50, messages, tokenhub },
    });
    expect(openai.json["choices"]).toMatchObject([{ message: { content: "Yes" } }]);
    expect(anthropic.json["content"]).toMatchObject([{ type: "text", text: "Yes" }]);
  });

  it.each([
    [{ output_format: { type: "pdf" } }, "output_format.type"],
    [{ output_format: { max_tokens: -1 } }, "output_format.max_tokens"],
    [{ output_format: { repair: "yes" } }, "output_format.repair"],
    [{ output_format: { colour: 1 } }, "output_format"],
    [{ output_format: "json" }, "output_format"],
  ])("%j is refused by name before anything is called", async (rest, param) => {
    const { status, json } = await shaped("x", rest);
    expect([status, (json["error"] as { param: string }).param]).toEqual([400, param]);
    expect(network.mock.calls()).toHaveLength(0);
  });

  it("a form for a stream is refused, because it needs the whole answer", async () => {
    const { status } = await shaped("x", { output_format: { type: "json" } }, { stream: true });
    expect(status).toBe(400);
  });
});

describe("an output schema", () => {
  const schema = { type: "object", required: ["age"], properties: { age: { type: "integer" } } };

  it("lets an answer through that fits, out of the prose around it, and tells the model what is wanted", async () => {
    const { status, completion } = await shaped('Sure: {"age": 3}!', {}, { output_schema: schema });
    expect([status, completion.choices[0]?.message.content]).toEqual([200, '{"age": 3}']);
    expect(JSON.stringify(network.mock.calls().at(-1)?.body)).toContain("JSON Schema");
  });

  it("turns an answer that does not fit into 502 output_schema_failed that names the fault", async () => {
    const { status, json } = await shaped('{"age": "three"}', {}, { output_schema: schema });
    expect(status).toBe(502);
    expect(json["error"]).toMatchObject({ code: "output_schema_failed" });
    expect(JSON.stringify(json)).toContain("age");
    expect(network.mock.calls()).toHaveLength(1);
  });

  it("asks the model once more when the caller allows it, and adds up usage and cost of both calls", async () => {
    const { status, completion, json } = await shaped(
      ['{"age": "three"}', '```json\n{"age": 3}\n```'],
      { output_format: { repair: true } },
      { output_schema: schema },
    );
    expect([status, completion.choices[0]?.message.content]).toEqual([200, '{"age": 3}']);
    const calls = network.mock.calls();
    expect(calls).toHaveLength(2);
    expect(JSON.stringify(calls[1]?.body)).toContain("cannot be used");
    const spent = calls.reduce((sum, call) => sum + JSON.stringify(call.body).length / 8, 0);
    expect(completion.usage.total_tokens).toBeGreaterThan(spent);
    expect(json["estimated_cost_usd"]).toBeCloseTo((completion.usage.total_tokens / 1_000) * 0.002, 9);
  });

  it("asks no third time", async () => {
    const { status } = await shaped(
      '{"age": "three"}',
      { output_format: { repair: true } },
      { output_schema: schema },
    );
    expect(status).toBe(502);
    expect(network.mock.calls()).toHaveLength(2);
  });

  it.each([
    ["no schema", "free text"],
    ["a remote reference", { $ref: "https://example.com/schema.json" }],
    ["a pattern that explodes", { type: "string", pattern: "^(a+)+$" }],
  ])("%s is refused before anything is called", async (_name, output_schema) => {
    const { status, json } = await shaped("x", {}, { output_schema });
    expect(status).toBe(400);
    expect(JSON.stringify(json)).toContain("output_schema");
    expect(network.mock.calls()).toHaveLength(0);
  });
});
