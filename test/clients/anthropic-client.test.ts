import Anthropic from "@anthropic-ai/sdk";
import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

let network: TestNetwork;
let client: Anthropic;

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  client = new Anthropic({ baseURL: network.url, apiKey: network.apiKey });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

const ask = { max_tokens: 200, messages: [{ role: "user" as const, content: "Say hello" }] };
const weather = {
  name: "get_weather",
  description: "Weather of a city",
  input_schema: { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] },
};

describe.each([
  { provider: "Anthropic", model: "claude-test", upstream: "up-claude" },
  { provider: "OpenAI", model: "gpt-test", upstream: "up-gpt" },
])("the Anthropic client over a provider that speaks $provider", ({ model, upstream }) => {
  it("gets a message whose model is the id it asked for", async () => {
    network.mock.plan(upstream, { text: "Hello there" });
    const { data, response } = await client.messages.create({ model, ...ask }).withResponse();
    expect(data).toMatchObject({
      type: "message",
      role: "assistant",
      model,
      stop_reason: "end_turn",
      content: [{ type: "text", text: "Hello there" }],
    });
    expect(data.usage.output_tokens).toBeGreaterThan(0);
    expect(response.headers.get("request-id")).toMatch(/^req_/);
    expect(response.headers.get("x-tokenhub-model")).toBe(model);
  });

  it("streams the same text through the client's own accumulator", async () => {
    network.mock.plan(upstream, { text: "one two three four five" });
    const final = await client.messages.stream({ model, ...ask }).finalMessage();
    expect(final.content).toMatchObject([{ type: "text", text: "one two three four five" }]);
    expect(final.stop_reason).toBe("end_turn");
    expect(final.model).toBe(model);
  });

  it("calls tools in parallel and hands their results back", async () => {
    network.mock.plan(upstream, {
      toolCalls: [
        { name: "get_weather", arguments: { city: "Oslo" } },
        { name: "get_weather", arguments: { city: "Bergen" } },
      ],
    });
    const first = await client.messages.create({ model, ...ask, tools: [weather] });
    const uses = first.content.filter((block) => block.type === "tool_use");
    expect(first.stop_reason).toBe("tool_use");
    expect(uses.map((use) => use.input)).toEqual([{ city: "Oslo" }, { city: "Bergen" }]);

    network.mock.plan(upstream, { text: "Cold and colder" });
    const second = await client.messages.create({
      model,
      max_tokens: 200,
      tools: [weather],
      messages: [
        ...ask.messages,
        { role: "assistant", content: first.content },
        {
          role: "user",
          content: uses.map((use) => ({
            type: "tool_result" as const,
            tool_use_id: use.id,
            content: "cold",
          })),
        },
      ],
    });
    expect(second.content).toMatchObject([{ type: "text", text: "Cold and colder" }]);
  });

  it("streams tool input through the client's own accumulator", async () => {
    network.mock.plan(upstream, { toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }] });
    const final = await client.messages.stream({ model, ...ask, tools: [weather] }).finalMessage();
    expect(final.content.filter((block) => block.type === "tool_use").map((use) => use.input)).toEqual([
      { city: "Oslo" },
    ]);
  });

  it("aborting reaches the provider: the upstream call is cut off", async () => {
    network.mock.plan(upstream, { latencyMs: 30_000 });
    const controller = new AbortController();
    const pending = client.messages.create({ model, ...ask }, { signal: controller.signal });
    await until("the upstream call", () => network.mock.inFlight === 1);
    controller.abort();
    await expect(pending).rejects.toThrow(Anthropic.APIUserAbortError);
    await until("the upstream call to be cut off", () => network.mock.inFlight === 0);
  });

  it("a stream that dies after its first tokens ends with an error event of its own format", async () => {
    network.mock.plan(upstream, {
      text: "one two three four five six",
      steps: [{ kind: "reset", afterTokens: 2 }],
    });
    const stream = client.messages.stream({ model, ...ask });
    await expect(stream.finalMessage()).rejects.toThrow(/broke off/);
    expect(network.mock.calls()).toHaveLength(1);
  });

  it("gets errors in Anthropic's shape", async () => {
    network.mock.plan(upstream, { steps: [{ kind: "status", status: 400, message: "no such thing" }] });
    const error = await client.messages.create({ model, ...ask }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Anthropic.BadRequestError);
    expect((error as InstanceType<typeof Anthropic.BadRequestError>).error).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error" },
    });
  });
});

describe("the Anthropic client", () => {
  it("gets thinking blocks from an Anthropic provider untouched", async () => {
    network.mock.plan("up-claude", { text: "42", reasoning: "let me think" });
    const message = await client.messages.create({
      model: "claude-test",
      max_tokens: 4_000,
      messages: ask.messages,
      thinking: { type: "enabled", budget_tokens: 1_024 },
    });
    expect(message.content.map((block) => block.type)).toEqual(["thinking", "text"]);
  });

  it("is accepted with either of its two credential headers", async () => {
    for (const headers of [{ "x-api-key": network.apiKey }, { authorization: `Bearer ${network.apiKey}` }]) {
      const response = await fetch(`${network.url}/v1/messages`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ model: "claude-test", ...ask }),
      });
      expect(response.status).toBe(200);
    }
  });

  it("lists models in Anthropic's shape", async () => {
    const models = await Array.fromAsync(await client.models.list());
    expect(models.map((model) => model.id)).toContain("claude-test");
  });
});
