import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

let network: TestNetwork;
let client: OpenAI;

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

const question = [{ role: "user", content: "Say hello" }] as const;
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
} as const;

/** The same promises hold whichever format the provider speaks. */
describe.each([
  { provider: "OpenAI", model: "gpt-test", upstream: "up-gpt" },
  { provider: "Anthropic", model: "claude-test", upstream: "up-claude" },
])("the openai client over a provider that speaks $provider", ({ model, upstream }) => {
  it("gets a chat completion whose model is the id it asked for", async () => {
    network.mock.plan(upstream, { text: "Hello there" });
    const { data, response } = await client.chat.completions
      .create({ model, messages: [...question] })
      .withResponse();
    expect(data.choices[0]?.message).toMatchObject({ role: "assistant", content: "Hello there" });
    expect(data.choices[0]?.finish_reason).toBe("stop");
    expect(data.model).toBe(model);
    expect(data.usage?.total_tokens).toBeGreaterThan(0);
    expect(response.headers.get("x-tokenhub-model")).toBe(model);
    expect(response.headers.get("x-tokenhub-attempts")).toBe("1");
    expect(response.headers.get("x-tokenhub-reason")).toContain("named");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(network.mock.calls()).toHaveLength(1);
    expect(network.mock.calls()[0]?.model).toBe(upstream);
  });

  it("streams the same text, with usage only when asked for", async () => {
    network.mock.plan(upstream, { text: "one two three four five" });
    const plain = await Array.fromAsync(
      await client.chat.completions.create({ model, messages: [...question], stream: true }),
    );
    expect(plain.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(
      "one two three four five",
    );
    expect(plain.every((chunk) => chunk.usage === undefined || chunk.usage === null)).toBe(true);
    expect(plain.every((chunk) => chunk.model === model)).toBe(true);
    const counted = await Array.fromAsync(
      await client.chat.completions.create({
        model,
        messages: [...question],
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect(counted.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0);
    expect(counted.at(-1)?.choices).toEqual([]);
  });

  it("calls tools in parallel and hands their results back", async () => {
    network.mock.plan(upstream, {
      toolCalls: [
        { name: "get_weather", arguments: { city: "Oslo" } },
        { name: "get_weather", arguments: { city: "Bergen" } },
      ],
    });
    const first = await client.chat.completions.create({ model, messages: [...question], tools: [weather] });
    const calls = first.choices[0]?.message.tool_calls ?? [];
    expect(first.choices[0]?.finish_reason).toBe("tool_calls");
    expect(
      calls.map((call) => (call.type === "function" ? JSON.parse(call.function.arguments) : null)),
    ).toEqual([{ city: "Oslo" }, { city: "Bergen" }]);

    network.mock.plan(upstream, { text: "Cold and colder" });
    const second = await client.chat.completions.create({
      model,
      tools: [weather],
      messages: [
        ...question,
        { role: "assistant", content: null, tool_calls: calls },
        ...calls.map((call, index) => ({
          role: "tool" as const,
          tool_call_id: call.id,
          content: `${index} degrees`,
        })),
      ],
    });
    expect(second.choices[0]?.message.content).toBe("Cold and colder");
  });

  it("accumulates streamed tool calls with the client's own helper", async () => {
    network.mock.plan(upstream, {
      toolCalls: [
        { name: "get_weather", arguments: { city: "Oslo" } },
        { name: "get_weather", arguments: { city: "Bergen" } },
      ],
    });
    const stream = client.chat.completions.stream({ model, messages: [...question], tools: [weather] });
    const final = await stream.finalChatCompletion();
    expect(
      final.choices[0]?.message.tool_calls
        ?.map((call) => (call.type === "function" ? call.function.arguments : ""))
        .map((text) => JSON.parse(text)),
    ).toEqual([{ city: "Oslo" }, { city: "Bergen" }]);
  });

  it("gets structured output that satisfies its schema", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string" }, degrees: { type: "number" } },
      required: ["city", "degrees"],
      additionalProperties: false,
    };
    const completion = await client.chat.completions.create({
      model,
      messages: [...question],
      response_format: { type: "json_schema", json_schema: { name: "weather", strict: true, schema } },
    });
    expect(JSON.parse(completion.choices[0]?.message.content ?? "")).toMatchObject({
      city: expect.any(String),
      degrees: expect.any(Number),
    });
  });

  it("aborting reaches the provider: the upstream call is cut off", async () => {
    network.mock.plan(upstream, { latencyMs: 30_000 });
    const controller = new AbortController();
    const pending = client.chat.completions.create(
      { model, messages: [...question] },
      { signal: controller.signal },
    );
    await until("the upstream call", () => network.mock.inFlight === 1);
    controller.abort();
    await expect(pending).rejects.toThrow(OpenAI.APIUserAbortError);
    await until("the upstream call to be cut off", () => network.mock.inFlight === 0);
    expect(network.mock.calls()[0]?.outcome).toBe("aborted_by_client");
  });

  it("a provider's refusal of the request arrives as a 400 that is not retried", async () => {
    network.mock.plan(upstream, {
      steps: [{ kind: "status", status: 400, code: "bad_value", message: "temperature is too hot" }],
    });
    const error = await client.chat.completions
      .create({ model, messages: [...question] })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect((error as InstanceType<typeof OpenAI.BadRequestError>).code).toBe("provider_bad_request");
    expect((error as Error).message).toContain("temperature is too hot");
    expect(network.mock.calls()).toHaveLength(1);
  });
});

describe("the openai client", () => {
  it("lists models and aliases, and gets one by its id", async () => {
    const models = await Array.fromAsync(await client.models.list());
    expect(models.map((model) => model.id)).toEqual(
      expect.arrayContaining(["gpt-test", "claude-test", "fast", "mock-gpt-4"]),
    );
    expect(await client.models.retrieve("gpt-test")).toMatchObject({
      id: "gpt-test",
      object: "model",
      owned_by: "openai-up",
    });
  });

  it("creates embeddings, in its default base64 transport too", async () => {
    const { data, model } = await client.embeddings.create({ model: "embed-test", input: ["a", "b"] });
    expect(data).toHaveLength(2);
    expect(data[0]?.embedding.length).toBeGreaterThan(0);
    expect(model).toBe("embed-test");
  });

  it("gets a 401 for a wrong key and a 404 for an unknown model, both typed", async () => {
    const stranger = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: "wrong" });
    await expect(
      stranger.chat.completions.create({ model: "gpt-test", messages: [...question] }),
    ).rejects.toThrow(OpenAI.AuthenticationError);
    await expect(
      client.chat.completions.create({ model: "gpt-tset", messages: [...question] }),
    ).rejects.toThrow(/Did you mean gpt-test/);
    expect(network.mock.calls()).toHaveLength(0);
  });

  it("sees a stream that dies after its first tokens as an error, not as an end", async () => {
    network.mock.plan("up-gpt", {
      text: "one two three four five six",
      steps: [{ kind: "reset", afterTokens: 2 }],
    });
    const texts: string[] = [];
    const consume = async (): Promise<void> => {
      for await (const chunk of await client.chat.completions.create({
        model: "gpt-test",
        messages: [...question],
        stream: true,
      }))
        texts.push(chunk.choices[0]?.delta.content ?? "");
    };
    await expect(consume()).rejects.toMatchObject({ code: "stream_interrupted" });
    expect(texts.join("")).toContain("one");
    expect(network.mock.calls()).toHaveLength(1);
  });

  it("a provider that fails for good is called by us alone: the client's own retries add no call", async () => {
    network.mock.plan("up-spare", { steps: [{ kind: "status", status: 500, repeat: true }] });
    const error = await client.chat.completions
      .create({ model: "spare-test", messages: [...question] })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(network.mock.calls().length).toBeLessThanOrEqual(3);
  });
});
