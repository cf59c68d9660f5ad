import { mockUpstreams, startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { z } from "zod";

let network: TestNetwork;
let client: OpenAI;

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey });
  await network.reload(withNativeProvider(network.mock.url));
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

/** Beside the usual upstreams one that speaks Responses itself. */
function withNativeProvider(mockUrl: string): Record<string, unknown> {
  const { providers, models, aliases } = mockUpstreams(mockUrl);
  return {
    providers: [
      ...listOf(providers),
      { name: "native-up", type: "openai", base_url: mockUrl, api_key_env: "UPSTREAM_KEY" },
    ],
    models: [
      ...listOf(models),
      { id: "native-test", provider: "native-up", name: "up-native", weight: 5, context_size: 128_000 },
    ],
    aliases,
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

const weather = {
  type: "function",
  name: "get_weather",
  description: "Weather of a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
  strict: true,
} as const;
const twoCalls = {
  toolCalls: [
    { name: "get_weather", arguments: { city: "Oslo" } },
    { name: "get_weather", arguments: { city: "Bergen" } },
  ],
};

/** The same promises hold whichever format the provider speaks. */
describe.each([
  { provider: "OpenAI chat", model: "gpt-test", upstream: "up-gpt", path: "/v1/chat/completions" },
  { provider: "Anthropic messages", model: "claude-test", upstream: "up-claude", path: "/v1/messages" },
  { provider: "OpenAI Responses", model: "native-test", upstream: "up-native", path: "/v1/responses" },
])("responses of the openai client over a provider that speaks $provider", ({ model, upstream, path }) => {
  it("are complete, repeat what was asked, and bear the id of their request", async () => {
    network.mock.plan(upstream, { text: "Hello there" });
    const { data, response } = await client.responses
      .create({
        model,
        input: "Say hello",
        instructions: "Be nice.",
        metadata: { team: "a" },
        max_output_tokens: 50,
      })
      .withResponse();
    expect(data.output_text).toBe("Hello there");
    expect(data).toMatchObject({
      object: "response",
      status: "completed",
      model,
      error: null,
      incomplete_details: null,
      instructions: "Be nice.",
      metadata: { team: "a" },
      max_output_tokens: 50,
      tool_choice: "auto",
      tools: [],
    });
    expect(data.id).toBe(response.headers.get("x-request-id")?.replace("req_", "resp_"));
    expect(data.usage?.total_tokens).toBe((data.usage?.input_tokens ?? 0) + (data.usage?.output_tokens ?? 0));
    expect(data.usage?.output_tokens).toBeGreaterThan(0);
    expect(network.mock.calls()).toMatchObject([{ model: upstream, path }]);
  });

  it("stream events in order, which the client's helper puts together to the same response", async () => {
    network.mock.plan(upstream, { text: "one two three" });
    const stream = client.responses.stream({ model, input: "Count" });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    let text = "";
    stream.on("event", (event) => events.push(event));
    stream.on("response.output_text.delta", ({ delta }) => (text += delta));
    const final = await stream.finalResponse();
    expect(text).toBe("one two three");
    expect(final).toMatchObject({ status: "completed", output_text: "one two three", model });
    expect(final.usage?.output_tokens).toBeGreaterThan(0);
    expect(events.map((event) => ("sequence_number" in event ? event.sequence_number : null))).toEqual(
      events.map((_, index) => index),
    );
    const kinds = events.map(({ type }) => type).filter((type) => !type.endsWith(".delta"));
    expect(kinds).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    const ids = events.flatMap((event) => ("response" in event ? [event.response.id] : []));
    expect(new Set(ids)).toEqual(new Set([final.id]));
    expect(final.id).toMatch(/^resp_[0-9a-f]{32}$/);
  });

  it("call tools in parallel and take their results", async () => {
    network.mock.plan(upstream, twoCalls);
    const first = await client.responses.create({ model, input: "Where is it warm?", tools: [weather] });
    const calls = first.output.filter((item) => item.type === "function_call");
    expect(calls.map((call) => JSON.parse(call.arguments))).toEqual([{ city: "Oslo" }, { city: "Bergen" }]);

    network.mock.plan(upstream, { text: "Cold and colder" });
    const second = await client.responses.create({
      model,
      tools: [weather],
      input: [
        { role: "user", content: "Where is it warm?" },
        ...first.output.filter((item) => item.type === "function_call"),
        ...calls.map(({ call_id }, index) => ({
          type: "function_call_output" as const,
          call_id,
          output: `${index} degrees`,
        })),
      ],
    });
    expect(second.output_text).toBe("Cold and colder");
  });

  it("stream tool calls, whose arguments the helper parses", async () => {
    network.mock.plan(upstream, twoCalls);
    const final = await client.responses
      .stream({ model, input: "Where is it warm?", tools: [weather] })
      .finalResponse();
    const calls = final.output.filter((item) => item.type === "function_call");
    expect(calls.map((call) => call.parsed_arguments)).toEqual([{ city: "Oslo" }, { city: "Bergen" }]);
    expect(new Set(calls.map((call) => call.call_id)).size).toBe(2);
  });

  it("are parsed by their schema, whole and streamed", async () => {
    const report = z.object({ city: z.string(), degrees: z.number() });
    const request = {
      model,
      input: "Weather as JSON",
      text: { format: zodTextFormat(report, "weather") },
    };
    const whole = await client.responses.parse(request);
    expect(report.safeParse(whole.output_parsed).success).toBe(true);
    const streamed = await client.responses.stream(request).finalResponse();
    expect(report.safeParse(streamed.output_parsed).success).toBe(true);
  });

  it("are incomplete when max_output_tokens cuts them", async () => {
    const request = { model, input: "Say hello to the world", max_output_tokens: 2 };
    const incomplete = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    expect(await client.responses.create(request)).toMatchObject(incomplete);
    expect(await client.responses.stream(request).finalResponse()).toMatchObject(incomplete);
  });

  it("end in the client's error when the provider breaks off in the middle", async () => {
    network.mock.plan(upstream, {
      text: "one two three four five six",
      steps: [{ kind: "reset", afterTokens: 3 }],
    });
    const events: string[] = [];
    const broken = async (): Promise<void> => {
      const stream = await client.responses.create({ model, input: "Count", stream: true });
      for await (const event of stream) events.push(event.type);
    };
    await expect(broken()).rejects.toThrow(OpenAI.APIError);
    expect(events).toContain("response.output_text.delta");
    expect(events).not.toContain("response.completed");
  });
});

it("a provider that speaks Responses gets the body as it is, and keeps nothing", async () => {
  const tools = [{ type: "web_search" as const }, weather];
  const { id, store } = (await client.responses.create({
    model: "native-test",
    input: "Hi",
    tools,
    truncation: "auto",
  })) as OpenAI.Responses.Response & { store?: boolean };
  expect([id, store]).toEqual([expect.stringMatching(/^resp_[0-9a-f]{32}$/), true]);
  const body = network.mock.calls()[0]?.body;
  expect(body).toEqual({ model: "up-native", input: "Hi", tools, truncation: "auto", store: false });
});

describe("a Responses request that cannot be served", () => {
  it.each([
    [{ conversation: "conv_1" }, "conversation"],
    [{ prompt: { id: "pmpt_1" } }, "prompt"],
    [{ input: [{ type: "item_reference", id: "msg_1" }] }, "input.0.type"],
    [{ input: [] }, "input"],
    [{ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, "v"])) }, "metadata"],
  ])("is refused where it stands: %j", async (changes, param) => {
    const request = {
      model: "gpt-test",
      input: "Hi",
      ...changes,
    } as OpenAI.Responses.ResponseCreateParamsNonStreaming;
    const error = await client.responses.create(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ code: "invalid_request", param });
    expect(network.mock.calls()).toEqual([]);
  });

  it("names a built-in tool that the model's provider does not have", async () => {
    const request = { model: "claude-test", input: "Hi", tools: [{ type: "web_search" as const }] };
    const error = await client.responses.create(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ message: expect.stringContaining("`web_search`") });
    expect(network.mock.calls()).toEqual([]);
  });
});
